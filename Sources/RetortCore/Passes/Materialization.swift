/// Decides which nodes are stored and which are computed where they are used.
struct Materialization {
  let graph: Graph
  let uses: Uses
  /// Whether the node's elements are written to memory (or lie there from the start).
  private(set) var stored: [Bool]
  private var loads: [Int32]
  private var operations: [Int32]
  private var transcendental: [Bool]

  /// The most operands and operations of one fused kernel; longer element-wise chains are cut.
  private static let maximumLoads = 12
  private static let maximumOperations = 48
  /// The most operations of a prologue, which a 3×3 convolution does nine times for an element: once for
  /// each tap.
  ///
  /// By the estimate in Benchmarks/NOTES.md, "Convolutions compute normalised tensors as they load
  /// them"; not measured on a GPU yet.
  private static let maximumPrologueOperations = 12

  init(_ graph: Graph, _ uses: Uses) {
    self.graph = graph
    self.uses = uses
    stored = Array(repeating: false, count: graph.nodes.count)
    loads = Array(repeating: 0, count: graph.nodes.count)
    operations = loads
    transcendental = stored
    for id in graph.nodes.indices where uses.reachable[id] { decide(id) }
  }

  /// The stored node that this one is another name for, and how many elements into it.
  func alias(_ id: Int32) -> (node: Int32, offset: Int)? {
    if stored[Int(id)] { return (id, 0) }
    switch graph.nodes[Int(id)].op {
    case .stopGradient, .reshape:
      return alias(graph.operand(id, 0))
    case .slice:
      guard let offset = graph.denseSliceOffset(id), let base = alias(graph.operand(id, 0)) else {
        return nil
      }
      // A part of an input or constant has no place of its own in a plan.
      let start = base.offset + offset
      switch graph.nodes[Int(base.node)].op {
      case .input, .constant: return start == 0 ? (base.node, 0) : nil
      default: return (base.node, start)
      }
    default: return nil
    }
  }

  private mutating func decide(_ id: Int) {
    let node = graph.nodes[id]
    switch node.op {
    case .fill:
      stored[id] = uses.needsDense[id] || uses.isPrologueCandidate[id]
    case .unary, .binary, .select:
      sumCosts(id)
      operations[id] += 1
      stored[id] =
        uses.needsDense[id] || uses.phases.mustStore(id) && !uses.frozen[id]
        || !(uses.isPrologueCandidate[id] ? canFuseIntoPrologue(id) : pays(id))
      if stored[id] { reset(id) }
    case .stopGradient:
      sumCosts(id)
      stored[id] = uses.needsDense[id] && alias(Int32(id)) == nil
      if stored[id] || alias(Int32(id)) != nil { reset(id) }
    case .reshape, .slice, .transpose, .broadcast:
      sumCosts(id)
      stored[id] = (uses.needsDense[id] || uses.isPrologueCandidate[id]) && alias(Int32(id)) == nil
      if stored[id] || alias(Int32(id)) != nil { reset(id) }
    case .input, .variable, .constant, .random, .poison, .concatenate, .pad, .pack, .matmul,
      .convolution, .convolutionInputGradient, .convolutionWeightGradient, .reduce, .moments,
      .argmax, .normalize, .maxPool, .maxPoolBackward, .maxPoolSelect, .averagePool,
      .averagePoolBackward, .gather, .scatterAdd, .softmax, .logSoftmax, .softmaxBackward,
      .logSoftmaxBackward, .crossEntropy, .crossEntropyGradient, .divergence, .divergenceGradient,
      .augment, .latentStep:
      stored[id] = true
      reset(id)
    }
  }

  private mutating func reset(_ id: Int) {
    loads[id] = 1
    operations[id] = 0
    transcendental[id] = false
  }

  private mutating func sumCosts(_ id: Int) {
    for operand in graph.operands(Int32(id)) {
      loads[id] += loads[Int(operand)]
      operations[id] += operations[Int(operand)]
      transcendental[id] = transcendental[id] || transcendental[Int(operand)]
    }
    if case .unary(let op) = graph.nodes[id].op, op.isTranscendental { transcendental[id] = true }
    if case .binary(.power) = graph.nodes[id].op { transcendental[id] = true }
  }

  /// Whether computing the node at each use beats storing it once.
  private func pays(_ id: Int) -> Bool {
    guard loads[id] <= Materialization.maximumLoads,
      operations[id] <= Materialization.maximumOperations
    else { return false }
    var readings: Set<Reading> = []
    var spreads = false
    collect(Int32(id), id, &readings, &spreads)
    if uses.frozen[id], readings.contains(where: { !uses.frozen[Int($0.node)] }) { return false }
    let cheap = !transcendental[id] && loads[id] <= 3 && operations[id] <= 4
    if spreads { return !transcendental[id] && loads[id] <= 2 && operations[id] <= 2 }
    if readings.count <= 1 { return true }
    return cheap && !finishesContraction(id)
  }

  /// Whether a prologue may compute the node at each load: from one tensor and numbers per channel, or from
  /// two tensors where nothing else reads it.
  private func canFuseIntoPrologue(_ id: Int) -> Bool {
    guard !transcendental[id], operations[id] <= Materialization.maximumPrologueOperations,
      !uses.frozen[id], !finishesContraction(id)
    else { return false }
    let shape = graph.nodes[id].shape
    var builder = ProgramBuilder(self, shape: shape, members: [])
    builder.store(Int32(id), at: .init(strides: shape.strides))
    let program = builder.program
    guard program.operands.allSatisfy({ program.isPrologueOperand($0) }) else { return false }
    switch program.operands.count(where: { program.isDense($0.access) }) {
    case 1: return true
    case 2: return isOnlyInPrologues(Int32(id))
    default: return false
    }
  }

  /// Whether convolutions alone read the node.
  private func isOnlyInPrologues(_ id: Int32) -> Bool {
    uses.readers(id).allSatisfy { reader in
      switch graph.nodes[Int(reader)].op {
      case .stopGradient: isOnlyInPrologues(reader)
      case .convolution, .convolutionInputGradient, .convolutionWeightGradient: true
      default: false
      }
    }
  }

  /// A node that computes with the elements of another, and the transpose through which it reads them; each reading of
  /// one node computes them anew.
  private struct Reading: Hashable {
    var node: Int32
    var transpose: Int32?
  }

  /// The readings of this node, direct or through views.
  private func collect(
    _ id: Int32, _ root: Int, through transpose: Int32? = nil, _ readings: inout Set<Reading>,
    _ spreads: inout Bool
  ) {
    for reader in uses.readers(id) {
      let node = graph.nodes[Int(reader)]
      if node.shape.count > graph.nodes[root].shape.count { spreads = true }
      switch node.op {
      case .stopGradient, .reshape, .slice, .transpose, .broadcast:
        if uses.needsDense[Int(reader)] {
          readings.insert(Reading(node: reader))
        } else if case .transpose = node.op {
          collect(reader, root, through: reader, &readings, &spreads)
        } else {
          collect(reader, root, through: transpose, &readings, &spreads)
        }
      default: readings.insert(Reading(node: reader, transpose: transpose))
      }
    }
  }

  /// Whether the node is all that a contraction's result is used for, so that it can be stored in
  /// its place.
  private func finishesContraction(_ id: Int) -> Bool {
    graph.operands(Int32(id)).contains { operand in
      let node = graph.nodes[Int(operand)]
      guard uses.readers(operand).count == 1, !uses.isRoot[Int(operand)] else { return false }
      switch node.op {
      case .reshape, .unary, .binary: return finishesContraction(Int(operand))
      default: return node.op.takesEpilogue
      }
    }
  }
}

extension PointwiseProgram {
  /// Whether a prologue may have the operand: float32, of the program's shape, with one element per
  /// channel, or one.
  fileprivate func isPrologueOperand(_ operand: Operand) -> Bool {
    let leading = (0..<shape.rank - 1).allSatisfy { operand.access.strides[$0] == 0 }
    return operand.dtype == .float32
      && (isDense(operand.access) || leading && operand.access.strides[shape.rank - 1] <= 1)
  }
}

extension UnaryOp {
  var isTranscendental: Bool {
    switch self {
    case .negate, .absolute, .square, .relu, .sign, .floor, .isPositive, .toFloat: false
    default: true
    }
  }
}

extension Op {
  /// Whether the operation can apply element-wise work to its result before storing it.
  var takesEpilogue: Bool {
    switch self {
    case .matmul, .convolution, .convolutionInputGradient: true
    default: false
    }
  }
}
