import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortModels

/// Recorded cases in `Tests/Goldens/onnx`.
enum ONNXCases {
  static let folder = Goldens.folder + "/onnx"

  /// Models of one node with inputs and outputs.
  struct Nodes {
    private let file: Safetensors
    private let keys: Set<String>
    let names: [String]

    init(_ path: String) throws {
      file = try Safetensors.read(path)
      keys = Set(file.names)
      names = file.names.filter { $0.hasSuffix("/model") }.map { String($0.dropLast(6)) }
    }

    func model(_ name: String) throws -> ONNXModel {
      try ONNXModel.parse(Array(file.tensor("\(name)/model").bytes), path: name)
    }

    func tensors(_ name: String, _ kind: String) throws -> [HostTensor] {
      var found: [HostTensor] = []
      while keys.contains("\(name)/\(kind)/\(found.count)") {
        found.append(try file.tensor("\(name)/\(kind)/\(found.count)"))
      }
      return found
    }
  }

  /// The outputs of a model for inputs in order: numbers of one axis or more are given to the device, the rest
  /// is known while the graph is built, as scales are.
  static func outputs(
    _ model: ONNXModel, _ inputs: [HostTensor], on session: Session
  ) throws -> [[Double]] {
    let program = try ONNXProgram(model)
    let module = ONNXModule(program, result: "")
    let store = ParameterStore(module, name: "m", isFrozen: true)
    try store.reserve(in: session)
    try store.write(store.imported(program.values(in: model)), to: session)
    let graph = Graph()
    var values: [String: ONNXValue] = [:]
    var given: [[Float]] = []
    for (info, tensor) in zip(model.inputs, inputs) {
      let isSetting = ["Resize", "Upsample"].contains(model.nodes[0].operation) && !values.isEmpty
      if let floats = tensor.floats, !tensor.shape.isEmpty, !isSetting {
        values[info.name] = .plain(graph.input(info.name, Shape(tensor.shape)))
        given.append(floats)
      } else {
        values[info.name] = .constant(try ONNXConstant(tensor))
      }
    }
    let found = try module.using(ForwardContext(graph, .evaluation)) {
      try module.values(of: values)
    }
    if let error = graph.error { throw error }
    let results = try model.outputs.filter { !$0.name.isEmpty }.map { info in
      try #require(found[info.name], "output '\(info.name)'").numbers(in: graph)
    }
    let program2 = try session.compile(graph, outputs: results, effects: [])
    for (index, input) in given.enumerated() { try program2.setInput(index, input) }
    try program2.run()
    return try results.indices.map { try program2.floats($0).map(Double.init) }
  }

  /// How far `found` is from the recorded outputs, relative to the largest of each; infinite where special
  /// values, counts or the number of outputs differ.
  static func distance(_ found: [[Double]], _ expected: [HostTensor]) -> Double {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { found, expected in
      let values =
        expected.floats.map { $0.map(Double.init) } ?? expected.int64s.map { $0.map(Double.init) }
        ?? []
      guard values.count == found.count else { return .infinity }
      let scale = values.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
      return zip(found, values).reduce(0) { worst, pair in
        if pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN { return worst }
        let difference = abs(pair.0 - pair.1) / scale
        return difference.isFinite ? max(worst, difference) : .infinity
      }
    }.max() ?? 0
  }
}
