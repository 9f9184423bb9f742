import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport

@testable import RetortModels

/// Recorded cases in `Tests/Goldens/onnx`.
enum ONNXCases {
  static let folder = Goldens.folder + "/onnx"

  /// A model with inputs in order, and the outputs that it is to compute.
  struct Case {
    let model: ONNXModel
    let inputs: [HostTensor]
    let outputs: [HostTensor]
  }

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

    /// A case, whose model's bytes `change` may replace.
    func read(_ name: String, _ change: ([UInt8]) -> [UInt8] = { $0 }) throws -> Case {
      Case(
        model: try ONNXModel.parse(
          change(Array(file.tensor("\(name)/model").bytes)), path: name),
        inputs: try tensors(name, "input"), outputs: try tensors(name, "output"))
    }

    private func tensors(_ name: String, _ kind: String) throws -> [HostTensor] {
      var found: [HostTensor] = []
      while keys.contains("\(name)/\(kind)/\(found.count)") {
        found.append(try file.tensor("\(name)/\(kind)/\(found.count)"))
      }
      return found
    }
  }

  /// A case in a graph.
  private struct Build {
    let store: ParameterStore
    let results: [Tensor]
    /// Its inputs on the device with their elements, numbers or whole numbers.
    let inputs: [(tensor: Tensor, floats: [Float]?, whole: [Int32])]

    init(_ record: Case, in graph: Graph, givesWhole: Bool) throws {
      let model = record.model
      let module = ONNXModule(try ONNXProgram(model), result: "")
      store = ParameterStore(module, name: "m", isFrozen: true)
      var values: [String: ONNXValue] = [:]
      var inputs: [(tensor: Tensor, floats: [Float]?, whole: [Int32])] = []
      for (info, tensor) in zip(model.inputs, record.inputs) {
        let isSetting =
          ["Resize", "Upsample"].contains(model.nodes.first?.operation ?? "") && !values.isEmpty
        let whole = tensor.int64s.map { $0.compactMap { Int32(exactly: $0) } } ?? []
        let isWhole = givesWhole && tensor.floats == nil && whole.count == tensor.count
        guard !tensor.shape.isEmpty, !isSetting, tensor.floats != nil || isWhole else {
          values[info.name] = .constant(try ONNXConstant(tensor))
          continue
        }
        let input = graph.input(info.name, Shape(tensor.shape), isWhole ? .int32 : .float32)
        values[info.name] = .plain(input)
        inputs.append((input, tensor.floats, whole))
      }
      self.inputs = inputs
      let found = try module.using(ForwardContext(graph, .evaluation)) {
        try module.values(of: values)
      }
      if let error = graph.error { throw error }
      results = try model.outputs.filter { !$0.name.isEmpty }.map { info in
        guard let value = found[info.name] else { throw ONNXFault("there is no '\(info.name)'") }
        return try value.numbers(in: graph)
      }
    }

    /// What a device makes of `tensors`, with numbers moved along `direction`.
    func run(
      _ tensors: [Tensor], of record: Case, on session: Session,
      moved direction: (Int) -> Float = { _ in 0 }
    ) throws -> [[Double]] {
      try store.reserve(in: session)
      try store.write(
        store.imported(ONNXProgram(record.model).values(in: record.model)), to: session)
      let run = try session.compile(results[0].graph, outputs: tensors, effects: [])
      for (index, input) in inputs.enumerated() {
        if let floats = input.floats {
          try run.setInput(index, floats.enumerated().map { $1 + direction($0) })
        } else {
          try run.setInput(index, input.whole)
        }
      }
      try run.run()
      return try tensors.indices.map { try run.floats($0).map(Double.init) }
    }
  }

  /// Builds the graph of a case, and no more.
  ///
  /// - Throws: What its model is refused for.
  static func build(_ record: Case) throws {
    _ = try Build(record, in: Graph(), givesWhole: false)
  }

  /// The distance of what `session` computes of a case from what is recorded.
  ///
  /// Numbers of one axis or more are given to the device, the rest is known while the graph is built, as scales
  /// are. Whole numbers of 32 bits are given to the device too if `givesWhole`.
  static func distance(
    of record: Case, on session: Session, givesWhole: Bool = false
  ) throws -> Double {
    let build = try Build(record, in: Graph(), givesWhole: givesWhole)
    return distance(
      try build.run(build.results, of: record, on: session), build.results.map(\.shape),
      record.outputs)
  }

  /// The derivative of a weighted sum of a case's first result along one direction of its inputs: as the graph has
  /// it, and by central differences.
  static func slopes(of record: Case) throws -> (found: Double, expected: Double) {
    let (session, graph) = (Session(CPUBackend(precision: .float64)), Graph())
    let build = try Build(record, in: graph, givesWhole: false)
    let result = build.results[0]
    let weights = graph.constant(
      (0..<result.shape.count).map { Float($0 % 5) - 2 }, result.shape)
    let loss = (result * weights).sum()
    let gradients = gradients(of: loss, with: build.inputs.map(\.tensor))
    func direction(_ index: Int) -> Float { Float(index % 7 - 3) / 4 + 0.1 }
    var slope = 0.0
    for (input, gradient) in zip(
      build.inputs, try build.run(gradients, of: record, on: session))
    where input.floats != nil {
      slope += gradient.enumerated().reduce(0) { $0 + Double(direction($1.0)) * $1.1 }
    }
    let ends = try [-1, 1].map { (sign: Float) in
      try build.run([loss], of: record, on: session) { sign * direction($0) / 128 }[0][0]
    }
    return (slope, (ends[1] - ends[0]) * 64)
  }

  /// How far `found` is from the recorded outputs, in units of what a result may be off: relative to the largest
  /// of each; infinite where special values, extents or the number of outputs differ.
  private static func distance(
    _ found: [[Double]], _ shapes: [Shape], _ expected: [HostTensor]
  ) -> Double {
    guard found.count == expected.count else { return .infinity }
    return zip(zip(found, shapes), expected).map { result, expected in
      let values =
        expected.floats.map { $0.map(Double.init) } ?? expected.int64s.map { $0.map(Double.init) }
        ?? []
      guard values.count == result.0.count, expected.shape == result.1.dimensions else {
        return .infinity
      }
      // Results of 16 bits are recorded rounded to them.
      let unit: Double =
        switch expected.elementType {
        case .float16: 1e-3
        case .bfloat16: 8e-3
        default: 1e-5
        }
      let scale = values.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
      return zip(result.0, values).reduce(0) { worst, pair in
        if pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN { return worst }
        let difference = abs(pair.0 - pair.1) / scale / unit
        return difference.isFinite ? max(worst, difference) : .infinity
      }
    }.max() ?? 0
  }
}
