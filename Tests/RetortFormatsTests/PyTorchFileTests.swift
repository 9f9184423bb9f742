import RetortCore
import RetortTestSupport
import Testing

@testable import RetortFormats

/// Files of `torch.save`, against the same tensors in safetensors files.
@Suite struct PyTorchFileTests {
  private static let folder = "\(Goldens.folder)/pytorch"

  private static func bytes(_ name: String) throws -> [UInt8] {
    try FileBytes.read("\(folder)/\(name)")
  }

  @Test(arguments: ["zip.pth", "legacy.pth", "protocol4.pth"])
  func tensorsAreThoseThatWereSaved(_ name: String) throws {
    let expected = try WeightFile.read("\(Self.folder)/expected.safetensors")
    let found = try WeightFile.read("\(Self.folder)/\(name)")
    #expect(found.names == expected.names)
    for name in expected.names {
      let (found, expected) = (try found.tensor(name), try expected.tensor(name))
      #expect(found.shape == expected.shape && found.elementType == expected.elementType, "\(name)")
      #expect(found.bytes.elementsEqual(expected.bytes), "\(name)")
    }
    #expect(found.names.count == 24)
  }

  @Test func aCheckpointsWeightsAreFound() throws {
    let found = try WeightFile.read("\(Self.folder)/checkpoint.pth")
    #expect(found.names == ["fc.weight"])
    let weight = try found.tensor("fc.weight")
    let expected = (0..<6).map { $0 < 1 ? Float(0) : Float($0) }
    #expect(weight.shape == [2, 3])
    #expect(zip(try #require(weight.floats), expected).allSatisfy { abs($0 - $1) < 0.07 })
    let counts = try WeightFile.read("\(Self.folder)/uint16.pth").tensor("counts")
    #expect(counts.elementType == .uint16 && counts.int32s == [1, 65535])
  }

  @Test(arguments: [
    ("hostile.pth", "'posix.system' is not supported."),
    ("hostile-legacy.pth", "'posix.system' is not supported."),
    ("hostile.pkl", "'posix.system' is not supported."),
    ("object.pth", "'torch.nn.modules.linear.Linear' is not supported."),
    ("sparse.pth", "'torch._utils._rebuild_sparse_tensor' is not supported."),
    ("complex.pth", "'torch.ComplexFloatStorage' is not supported."),
    ("plain.pkl", "this is a pickle of Python that PyTorch has not written."),
    ("other.zip", "this is a ZIP archive without data.pkl, which PyTorch's files have."),
    ("list.pth", "is a list."),
  ]) func anythingElseIsRefusedByName(_ name: String, _ text: String) throws {
    let error = #expect(throws: FormatError.self) {
      try WeightFile.read("\(Self.folder)/\(name)")
    }
    #expect(error?.description.contains(text) == true, "\(error!)")
  }

  @Test(arguments: ["zip.pth", "legacy.pth", "checkpoint.pth"])
  func everyTruncationIsRefused(_ name: String) throws {
    expectEveryTruncationThrows(try Self.bytes(name)) { (bytes) throws(FormatError) in
      try WeightFile.parse(bytes, path: "damaged")
    }
  }

  @Test(arguments: ["zip.pth", "legacy.pth", "checkpoint.pth", "uint16.pth"])
  func damageIsSurvived(_ name: String) throws {
    let refused = feedDamaged(try Self.bytes(name), seed: 3, rounds: Sweep.isWhole ? 3000 : 400) {
      (bytes) throws(FormatError) in try WeightFile.parse(bytes, path: "damaged")
    }
    #expect(refused > 20)
  }

  /// Damage within the pickle of an archive, whose checksum would refuse it before.
  @Test func damagedPicklesAreSurvived() throws {
    let archive = try ZipArchive(try Self.bytes("checkpoint.pth"), path: "checkpoint.pth")
    let entry = try #require(archive.entries.first { $0.name.hasSuffix("data.pkl") })
    let pickle = try archive.content(of: entry)
    feedDamaged(pickle, seed: 5, rounds: Sweep.isWhole ? 20_000 : 2000) {
      (bytes) throws(FormatError) in
      var machine = PickleMachine(PickleStream(bytes, path: "damaged"))
      let root = try machine.run()
      var reader = PyTorchTensorReader(machine, room: 1 << 16)
      return try reader.tensors(of: root) { _ in [UInt8](repeating: 1, count: 16)[...] }
    }
  }

  /// Pickles that would take memory or time without bounds: lists, values, elements, memos.
  @Test(arguments: ["]", "N", "]\u{94}a", "N\u{94}"])
  func whatHasNoBoundsIsRefused(_ codes: String) {
    var bytes = codes.unicodeScalars.map { UInt8($0.value) }
    if bytes.count == 3 {
      // A list, and itself as its element again and again.
      bytes = [bytes[0], bytes[1]]
      for _ in 0..<1_000_000 { bytes += [UInt8(ascii: "h"), 0, UInt8(ascii: "a")] }
    } else {
      let last = bytes[bytes.count - 1]
      bytes += [UInt8](repeating: last, count: 3_000_000)
    }
    var machine = PickleMachine(PickleStream(bytes, path: "long"))
    let error = #expect(throws: FormatError.self) { try machine.run() }
    guard case .tooLarge = error?.fault else {
      Issue.record("\(error as Any)")
      return
    }
  }

  /// Lists in lists, and one that holds itself; what is deep is let go of without recursion.
  @Test func depthAndCyclesDoNoHarm() throws {
    let deep =
      [UInt8](repeating: UInt8(ascii: "]"), count: 100_000)
      + [UInt8](repeating: UInt8(ascii: "a"), count: 99_999) + [UInt8(ascii: ".")]
    var machine = PickleMachine(PickleStream(deep, path: "deep"))
    #expect(try machine.run() == .row(0))
    let cycle: [UInt8] = [0x5D, 0x94, UInt8(ascii: "h"), 0, UInt8(ascii: "a"), UInt8(ascii: ".")]
    machine = PickleMachine(PickleStream(cycle, path: "cycle"))
    #expect(try machine.run() == .row(0))
  }

  /// A view that repeats one element more often than a file may make grow.
  @Test func repeatedElementsAreBounded() throws {
    var text = Array("\u{80}".utf8)
    text =
      [0x80, 2] + Array("}X".utf8) + [1, 0, 0, 0]
      + Array("wctorch._utils\n_rebuild_tensor_v2\n(".utf8)
    text += Array("(X".utf8) + [7, 0, 0, 0] + Array("storagectorch\nFloatStorage\nX".utf8)
    text += [1, 0, 0, 0] + Array("0X".utf8) + [3, 0, 0, 0] + Array("cpuK".utf8) + [1]
    text += Array("tQK".utf8) + [0] + Array("J".utf8) + [0, 0, 0, 64, 0x85]
    text += Array("K".utf8) + [0, 0x85, 0x89] + Array("NtRs.".utf8)
    var machine = PickleMachine(PickleStream(text, path: "repeated"))
    let root = try machine.run()
    var reader = PyTorchTensorReader(machine, room: 1 << 20)
    let error = #expect(throws: FormatError.self) {
      try reader.tensors(of: root) { _ in [0, 0, 128, 63] }
    }
    #expect(error?.fault == .tooLarge(found: 1 << 32, limit: 1 << 20))
  }
}
