import CAllocationLimit
import Foundation
import RetortFuzzing

/// libFuzzer on the reader that `RETORT_FUZZ_READER` names; its own `main` calls the functions below.
private enum Fuzzer {
  static let reader: FuzzedReader = {
    let name = ProcessInfo.processInfo.environment["RETORT_FUZZ_READER"] ?? ""
    guard let reader = FuzzedReader.all.first(where: { $0.name == name }) else {
      let names = FuzzedReader.all.map(\.name).joined(separator: ", ")
      fail("RETORT_FUZZ_READER is '\(name)'; it can be \(names)")
    }
    return reader
  }()

  /// Where the reader's input is written.
  static let folder: String = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("retort-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try reader.prepare(folder.path)
    } catch { fail("\(error)") }
    return folder.path
  }()

  static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("fuzz: \(message)\n".utf8))
    exit(2)
  }
}

/// Called once; with `--list` as the only argument, prints the readers' names and ends.
@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafePointer<CInt>,
  _ arguments: UnsafePointer<UnsafePointer<UnsafePointer<CChar>>>
) -> CInt {
  if count.pointee == 2, String(cString: arguments.pointee[1]) == "--list" {
    FuzzedReader.all.forEach { print($0.name) }
    exit(0)
  }
  _ = Fuzzer.folder
  return 0
}

/// Called with each input.
@_cdecl("LLVMFuzzerTestOneInput")
func readOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  allocation_limit_set(Fuzzer.reader.limit(of: bytes))
  do { try Fuzzer.reader.read(bytes, in: Fuzzer.folder) } catch { Fuzzer.fail("\(error)") }
  allocation_limit_set(0)
  return 0
}
