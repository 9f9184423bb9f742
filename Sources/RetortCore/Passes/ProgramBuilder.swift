/// Builds a pointwise program from the expressions of the nodes it stores.
struct ProgramBuilder {
  private let graph: Graph
  private let materialization: Materialization
  /// The contraction whose result is the accumulator, if any.
  private let accumulator: Int32?
  private let members: Set<Int32>
  private(set) var program: PointwiseProgram
  /// The stored node behind each operand of the program.
  private(set) var operandNodes: [Int32] = []
  // What has been computed: programs are short, so that looking through beats hashing.
  private var nodes: [Int32] = []
  private var maps: [AxisMap] = []
  private var registers: [Int] = []

  init(
    _ materialization: Materialization, shape: Shape, members: Set<Int32>, accumulator: Int32? = nil
  ) {
    graph = materialization.graph
    self.materialization = materialization
    self.members = members
    self.accumulator = accumulator
    program = PointwiseProgram(shape: shape)
  }

  /// Adds a stored node's expression; its elements become the next result.
  mutating func store(_ id: Int32) {
    let register = value(id)
    program.results.append(
      .init(
        register: register, access: .init(strides: program.shape.strides),
        dtype: graph.nodes[Int(id)].dtype))
  }

  /// Adds any node's expression as the next result, at the given place.
  mutating func store(_ id: Int32, at access: PointwiseProgram.Access) {
    let register = emit(id, .identity)
    program.results.append(
      .init(register: register, access: access, dtype: graph.nodes[Int(id)].dtype))
  }

  /// The register of a stored member's own expression.
  private mutating func value(_ id: Int32) -> Int {
    if id == accumulator { return append(.accumulator) }
    if let known = known(id, .identity) { return known }
    return remember(id, .identity, emitBody(id, .identity))
  }

  private func known(_ id: Int32, _ map: AxisMap) -> Int? {
    for index in nodes.indices where nodes[index] == id && maps[index] == map {
      return registers[index]
    }
    return nil
  }

  private mutating func remember(_ id: Int32, _ map: AxisMap, _ register: Int) -> Int {
    nodes.append(id)
    maps.append(map)
    registers.append(register)
    return register
  }

  private mutating func emit(_ id: Int32, _ map: AxisMap) -> Int {
    if let known = known(id, map) { return known }
    guard let alias = materialization.alias(id) else {
      return remember(id, map, emitBody(id, map))
    }
    return remember(id, map, read(id, alias, map))
  }

  private mutating func read(_ id: Int32, _ alias: (node: Int32, offset: Int), _ map: AxisMap)
    -> Int
  {
    let shape = graph.nodes[Int(id)].shape
    let access = map.access(shape, base: alias.offset)
    if alias.offset == 0, program.isDense(access),
      graph.nodes[Int(alias.node)].shape.count == program.shape.count
    {
      if alias.node == accumulator { return append(.accumulator) }
      if members.contains(alias.node) { return value(alias.node) }
    }
    let operand = PointwiseProgram.Operand(
      access: access, dtype: graph.nodes[Int(alias.node)].dtype)
    for (index, node) in operandNodes.enumerated()
    where node == alias.node && program.operands[index] == operand {
      return append(.load(index))
    }
    operandNodes.append(alias.node)
    program.operands.append(operand)
    return append(.load(operandNodes.count - 1))
  }

  private mutating func emitBody(_ id: Int32, _ map: AxisMap) -> Int {
    let node = graph.nodes[Int(id)]
    switch node.op {
    case .fill(let value): return append(.constant(value))
    case .unary(let op): return append(.unary(op, emit(graph.operand(id, 0), map)))
    case .binary(let op):
      let lhs = emit(graph.operand(id, 0), map)
      return append(.binary(op, lhs, emit(graph.operand(id, 1), map)))
    case .select:
      let condition = emit(graph.operand(id, 0), map)
      let then = emit(graph.operand(id, 1), map)
      return append(.select(condition, then, emit(graph.operand(id, 2), map)))
    case .reshape, .transpose, .slice, .broadcast, .stopGradient:
      guard let inner = map.through(id, in: graph) else {
        preconditionFailure("a view over a value that is not stored must be affine: \(node.op)")
      }
      return emit(graph.operand(id, 0), inner)
    // Operations whose results are always stored, as `Materialization` decides. A new one belongs here or above.
    case .input, .variable, .constant, .random, .poison, .concatenate, .pad, .pack, .matmul,
      .convolution, .convolutionInputGradient, .convolutionWeightGradient, .reduce, .moments,
      .argmax, .normalize, .maxPool, .maxPoolBackward, .maxPoolSelect, .averagePool,
      .averagePoolBackward, .gather, .scatterAdd, .softmax, .logSoftmax, .softmaxBackward,
      .logSoftmaxBackward, .crossEntropy, .crossEntropyGradient, .divergence, .divergenceGradient,
      .augment, .latentStep:
      preconditionFailure("an operation whose result is stored is loaded: \(node.op)")
    }
  }

  private mutating func append(_ instruction: PointwiseProgram.Instruction) -> Int {
    if let known = program.instructions.firstIndex(of: instruction) { return known }
    program.instructions.append(instruction)
    return program.instructions.count - 1
  }
}
