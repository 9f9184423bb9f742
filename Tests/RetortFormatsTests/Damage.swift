import Glibc
import RetortFormats
import RetortTestSupport
import Testing

/// Feeds every proper prefix of `bytes` to `parse`, which must throw each time.
func expectEveryTruncationThrows<T>(
  _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation,
  _ parse: ([UInt8]) throws(FormatError) -> T
) {
  for count in bytes.indices {
    do throws(FormatError) {
      _ = try parse(Array(bytes[..<count]))
      Issue.record("\(count) of \(bytes.count) bytes were taken", sourceLocation: sourceLocation)
    } catch {
      #expect(error.path == "damaged", sourceLocation: sourceLocation)
    }
  }
}

/// Feeds damaged copies of `bytes` to `parse`, which may throw or not but must come back.
///
/// - Returns: How many copies were refused.
@discardableResult
func feedDamaged<T>(
  _ bytes: [UInt8], seed: UInt64, rounds: Int, _ parse: ([UInt8]) throws(FormatError) -> T
) -> Int {
  var generator = SeededGenerator(state: seed)
  var refused = 0
  for _ in 0..<rounds {
    var copy = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<copy.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: copy[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: copy[place] = UInt8.random(in: 0...255, using: &generator)
      default: copy[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      }
    }
    do throws(FormatError) { _ = try parse(copy) } catch { refused += 1 }
  }
  return refused
}

/// A folder that lives as long as this value.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/retort-formats-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in entries { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  /// The names of the files inside.
  var entries: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
