import Glibc
import RetortTestSupport
import Testing

@testable import RetortFormats

/// Arrays that NumPy wrote.
@Suite struct NumPyTests {
  private static let folder = Goldens.folder + "/datasets"
  private static let names = [
    "uint8", "fortran", "big-endian", "half", "int64", "bool", "scalar", "none",
  ]

  private func recorded(_ name: String) throws -> (shape: [Int], values: [Double]) {
    let all = try JSONValue.read(Self.folder + "/arrays.json", limit: 1 << 20)
    let array = try #require(all[name])
    return (
      try #require(array["shape"]?.array).compactMap(\.int),
      try #require(array["values"]?.array).compactMap(\.double)
    )
  }

  private func values(_ tensor: HostTensor) throws -> [Double] {
    if let floats = tensor.floats { return floats.map(Double.init) }
    return try #require(tensor.int64s).map(Double.init)
  }

  @Test(arguments: names) func arraysAreRead(_ name: String) throws {
    let expected = try recorded(name)
    for file in ["\(name).npy", "stored.npz", "deflated.npz"] {
      let file = try NumPyFile("\(Self.folder)/\(file)")
      let inner = file.names == [""] ? "" : name
      let array = try file.array(inner)
      let header = try file.header(inner)
      #expect(array.shape == expected.shape && header.shape == expected.shape)
      #expect(try values(array) == expected.values)
    }
    #expect(try NumPyFile(Self.folder + "/stored.npz").names == Self.names)
  }

  @Test func whatIsNotReadIsNamed() throws {
    func message(_ path: String) -> String {
      do { _ = try NumPyFile(path).array() } catch { return "\(error)" }
      return "none"
    }
    #expect(
      message(Self.folder + "/objects.npy").hasSuffix(
        "descr: an array of pickled objects is not supported. "
          + "Supported: bool, integers of 8 to 64 bits and floats of 16 to 64 bits."))
    #expect(message(Self.folder + "/records.npy").contains("an array of records is not supported"))
    #expect(message(Self.folder + "/record.py").contains("Supported: NumPy's .npy and .npz"))
    #expect(message(Self.folder + "/missing").contains("No such file"))
    let archive = try NumPyFile(Self.folder + "/stored.npz")
    let error = #expect(throws: FormatError.self) { try archive.array("x") }
    #expect(error?.fault == .missingKey("x"))
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = try FileBytes.read(Self.folder + "/fortran.npy")
    expectEveryTruncationThrows(bytes) { (bytes) throws(FormatError) in
      try NumPyFile.parse(bytes, path: "damaged")
    }
    var longer = bytes
    longer.append(0)
    #expect(throws: FormatError.self) { try NumPyFile.parse(longer, path: "x") }
    feedDamaged(bytes, seed: 1, rounds: 3000) { (bytes) throws(FormatError) in
      try NumPyFile.parse(bytes, path: "damaged")
    }
    let archive = try FileBytes.read(Self.folder + "/deflated.npz")
    expectEveryTruncationThrows(archive) { (bytes) throws(FormatError) in
      try ZipArchive(bytes, path: "damaged")
    }
    let refused = feedDamaged(archive, seed: 2, rounds: 3000) { (bytes) throws(FormatError) in
      let archive = try ZipArchive(bytes, path: "damaged")
      for entry in archive.entries {
        _ = try NumPyFile.parse(archive.content(of: entry, limit: 1 << 20), path: "x")
      }
    }
    #expect(refused > 1000)
  }
}
