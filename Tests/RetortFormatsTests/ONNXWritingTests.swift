import RetortTestSupport
import Testing

@testable import RetortFormats

/// The bytes of ONNX files.
@Suite struct ONNXWritingTests {
  private let model = ONNXModel(
    producer: "retort", producerVersion: "0.1.0", metadata: ["b": "two", "a": "1"],
    inputs: [ONNXValueInfo("input", .float32, [.free("batch"), .fixed(2)])],
    outputs: [ONNXValueInfo("y", .int64, [.free("batch")])],
    nodes: [
      ONNXNode(
        name: "y", operation: "Odd", inputs: ["input", "w"], outputs: ["y"],
        attributes: [
          "value": .tensor(HostTensor(shape: [1], int64s: [7])), "alpha": .float(0.25),
          "axis": .int(-1), "mode": .text("up"), "pads": .ints([0, 300]),
          "scales": .floats([1, 2]),
        ])
    ],
    initialisers: [("w", HostTensor(shape: [2], floats: [1.5, -2]))])

  /// What onnx 1.23's own classes write of the same model.
  private static let recorded = """
    080812067265746f72741a05302e312e303adf010a8e010a05696e7075740a01771201791a017922034f64642a0f0a05616c70\
    6861150000803ea001012a140a046178697318ffffffffffffffffff01a001022a0d0a046d6f646522027570a001032a0e0a04\
    70616473400040ac02a001072a150a067363616c65733d0000803f3d00000040a001062a1a0a0576616c75652a0e0801100\
    74a080700000000000000a0010412056d6f64656c2a11080210014201774a080000c03f000000c05a1c0a05696e70757412130\
    a110801120d0a07120562617463680a02080262140a0179120f0a0d080712090a071205626174636842040a001011720\
    60a016112013172080a0162120374776f
    """

  @Test func bytesAreThoseOfOthers() throws {
    let found = try model.encoded().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    #expect(found.joined() == Self.recorded)
  }

  @Test func filesAreReadBack() throws {
    let folder = try temporaryFolder()
    let path = folder.path + "/m.onnx"
    try model.write(to: path)
    let found = try ONNXModel.read(path)
    #expect(found.producer == "retort" && found.producerVersion == "0.1.0" && found.opset == 17)
    #expect(found.metadata == model.metadata)
    #expect(found.inputs == model.inputs && found.outputs == model.outputs)
    #expect(found.initialisers.map(\.tensor) == model.initialisers.map(\.tensor))
    guard case .int(-1)? = found.nodes[0].attributes["axis"],
      case .ints([0, 300])? = found.nodes[0].attributes["pads"]
    else {
      Issue.record("\(found.nodes)")
      return
    }
    #expect(try found.encoded() == model.encoded())
  }

  /// Weights of any size are whole, those of more than the format can count refused before a file is begun.
  @Test func largeContentsAreKeptOrRefused() throws {
    let large = HostTensor(
      shape: [1 << 14], floats: (0..<1 << 14).map { Float($0) })
    var file = model
    file.initialisers = (0..<9).map { ("w\($0)", large) }
    let found = try ONNXModel.parse(file.encoded())
    #expect(found.initialisers.count == 9 && found.initialisers.allSatisfy { $0.tensor == large })
    let huge = HostTensor(shape: [1 << 24], floats: [Float](repeating: 1, count: 1 << 24))
    file.initialisers = (0..<32).map { ("w\($0)", huge) }
    let folder = try temporaryFolder()
    let error = #expect(throws: FormatError.self) { try file.write(to: folder.path + "/m.onnx") }
    #expect("\(try #require(error))".contains("an ONNX file of 2147483648 bytes is not supported"))
    #expect(FileBytes.size(folder.path + "/m.onnx") == nil)
  }
}
