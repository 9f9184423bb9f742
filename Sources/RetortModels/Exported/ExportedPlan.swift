import RetortCore
import RetortNN

/// What a node of the graph becomes in a file.
enum ExportedStep {
  /// A weight of the model.
  case parameter(Parameter)
  /// The same as another node.
  case alias(Int32)
  /// A convolution or matrix product, with a bias where it has one.
  case contraction(Int32, bias: Int32?)
  case batchNorm(x: Int32, gamma: Int32, beta: Int32, mean: Int32, variance: Int32, Double)
  case layerNorm(x: Int32, gamma: Int32, beta: Int32, Double)
  case mean(x: Int32, axes: [Int])
  case clip(x: Int32, low: Double, high: Double)
  /// An operator of ONNX of one operand.
  case activation(String, x: Int32, [String: Float])
  /// The operation that the graph has.
  case operation
}

/// Which nodes of a graph a file computes, and how.
///
/// Several operations that are one of ONNX's become that one, so that files are as small and as fast as
/// others' and readable.
struct ExportedPlan {
  let trace: BatchTrace
  /// The steps of the nodes that are computed; nil for others.
  private(set) var steps: [ExportedStep?]
  private let parameters: ExportedParameters

  /// The plan of a model's graph.
  init(_ trace: BatchTrace, _ parameters: ExportedParameters) {
    (self.trace, self.parameters) = (trace, parameters)
    steps = Array(repeating: nil, count: trace.graph.nodes.count)
    var isRead = Array(repeating: false, count: trace.graph.nodes.count)
    isRead[Int(trace.output)] = true
    for id in (0...trace.output).reversed() where isRead[Int(id)] {
      let step = step(id)
      steps[Int(id)] = step
      for operand in operands(of: step, id) { isRead[Int(operand)] = true }
    }
  }

  // MARK: The graph

  func op(_ id: Int32) -> Op { trace.graph.nodes[Int(id)].op }

  func shape(_ id: Int32) -> Shape { trace.graph.nodes[Int(id)].shape }

  func operand(_ id: Int32, _ index: Int) -> Int32 { trace.graph.operand(id, index) }

  /// The number that all elements of a node are; nil for others.
  func fill(_ id: Int32) -> Double? {
    if case .fill(let value) = op(id) { return value }
    return nil
  }

  /// The node without what changes no number.
  func unstopped(_ id: Int32) -> Int32 {
    var id = id
    while case .stopGradient = op(id) { id = operand(id, 0) }
    return id
  }

  /// The node that is repeated to this one's shape; the node itself where it is none that is repeated.
  func unrepeated(_ id: Int32) -> Int32 {
    var id = id
    while true {
      let source = unstopped(id)
      guard case .broadcast = op(source) else { return source }
      id = operand(source, 0)
    }
  }

  /// The operands of an element-wise node, before they are repeated where ONNX repeats them by itself.
  func elementwiseOperands(_ id: Int32) -> [Int32] {
    let given = Array(trace.graph.operands(id))
    let sources = given.map(unrepeated)
    let common = sources.reduce(Shape?.some(.scalar)) { shape, source in
      shape.flatMap { Shape.broadcast($0, fill(source) == nil ? self.shape(source) : .scalar) }
    }
    return common == shape(id) ? sources : given.map(unstopped)
  }

  private func isElementwise(_ id: Int32) -> Bool {
    if case .unary = op(id) { return true }
    if case .binary = op(id) { return true }
    if case .select = op(id) { return true }
    return false
  }

  /// The nodes that a step reads.
  private func operands(of step: ExportedStep, _ id: Int32) -> [Int32] {
    switch step {
    case .parameter: return []
    case .alias(let x), .mean(let x, _), .clip(let x, _, _), .activation(_, let x, _): return [x]
    case .contraction(let id, let bias):
      return Array(trace.graph.operands(id)) + (bias.map { [$0] } ?? [])
    case .batchNorm(let x, let gamma, let beta, let mean, let variance, _):
      return [x, gamma, beta, mean, variance]
    case .layerNorm(let x, let gamma, let beta, _): return [x, gamma, beta]
    case .operation:
      return isElementwise(id)
        ? elementwiseOperands(id).filter { fill($0) == nil } : Array(trace.graph.operands(id))
    }
  }

  private func step(_ id: Int32) -> ExportedStep {
    if let parameter = parameters.parameter(id, in: trace.graph) { return .parameter(parameter) }
    if case .stopGradient = op(id) { return .alias(operand(id, 0)) }
    return contraction(id) ?? normalisation(id) ?? mean(id) ?? activation(id) ?? .operation
  }
}

/// The weights of a model by their places in its variables.
struct ExportedParameters {
  private struct Place: Hashable {
    let isBuffer: Bool
    let offset: Int
  }

  private let store: ParameterStore
  private let found: [Place: Parameter]

  init(_ store: ParameterStore) {
    self.store = store
    found = Dictionary(
      store.all.map { (Place(isBuffer: $0.role != .trainable, offset: $0.offset), $0) }
    ) { first, _ in first }
  }

  /// The parameter that a node is; nil for other nodes.
  func parameter(_ id: Int32, in graph: Graph) -> Parameter? {
    var (node, start) = (id, 0)
    // One that does not begin where variables may be read is a slice of one that does.
    if case .reshape = graph.nodes[Int(node)].op { node = graph.operand(node, 0) }
    if case .slice(let starts) = graph.nodes[Int(node)].op, graph.nodes[Int(node)].shape.rank == 1 {
      start = Int(starts[0])
      node = graph.operand(node, 0)
    }
    guard case .variable(let slot, let offset, _) = graph.nodes[Int(node)].op else { return nil }
    let place = Place(
      isBuffer: graph.variables[Int(slot)] === store.bufferVariable, offset: offset + start)
    guard let parameter = found[place], parameter.shape == graph.nodes[Int(id)].shape else {
      return nil
    }
    return parameter
  }
}
