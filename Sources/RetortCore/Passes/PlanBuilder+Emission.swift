extension PlanBuilder {
  /// The steps that compute a unit.
  mutating func emit(_ unit: Unit) -> [Step] {
    switch unit.kind {
    case .pointwise: return [emitPointwise(unit)]
    case .contraction: return [emitContraction(unit)]
    case .reduction: return [emitReduction(unit)]
    case .rows: return [emitRows(unit)]
    case .single: return emitSingle(unit.first)
    }
  }

  /// Whether anything outside the unit reads a member.
  private func isReadOutside(_ id: Int32, _ unit: Unit) -> Bool {
    if uses.isRoot[Int(id)] { return true }
    return uses.readers(id).contains { isReadOutside(through: $0, unit) }
  }

  private func isReadOutside(through reader: Int32, _ unit: Unit) -> Bool {
    if materialization.stored[Int(reader)] {
      return !unit.members.contains(reader)
    }
    if uses.isRoot[Int(reader)] { return true }
    return uses.readers(reader).contains { isReadOutside(through: $0, unit) }
  }

  private mutating func emitPointwise(_ unit: Unit) -> Step {
    var builder = ProgramBuilder(
      materialization, shape: unit.shape, members: Set(unit.members))
    var stored: [Int] = []
    for member in unit.members where isReadOutside(member, unit) {
      builder.store(member)
      stored.append(value(member))
    }
    return Step(
      kind: .pointwise(builder.program), inputs: builder.operandNodes.map { value($0) },
      outputs: stored, label: label(unit.last))
  }

  private mutating func emitContraction(_ unit: Unit) -> Step {
    let id = unit.first
    let node = graph.nodes[Int(id)]
    var builder = ProgramBuilder(
      materialization, shape: unit.shape, members: Set(unit.members), accumulator: id)
    var stored: [Int] = []
    for member in unit.members where isReadOutside(member, unit) {
      builder.store(member)
      stored.append(value(member))
    }
    let kind = contraction(node, id, builder.program)
    let step = Step(
      kind: kind, inputs: builder.operandNodes.map { value($0) }, outputs: stored,
      label: label(unit.first))
    return addingPrologues(to: step, of: id)
  }

  private func contraction(_ node: Node, _ id: Int32, _ epilogue: PointwiseProgram) -> StepKind {
    let a = graph.nodes[Int(graph.operand(id, 0))].shape
    let b = graph.nodes[Int(graph.operand(id, 1))].shape
    switch node.op {
    case .convolution(let geometry):
      return .convolution(
        ConvolutionStep(
          direction: .forward, geometry: geometry, input: a, weight: b, output: node.shape,
          epilogue: epilogue))
    case .convolutionInputGradient(let geometry):
      return .convolution(
        ConvolutionStep(
          direction: .inputGradient, geometry: geometry, input: node.shape, weight: b, output: a,
          epilogue: epilogue))
    case .matmul(let transposeA, let transposeB):
      let (m, n) = (node.shape[-2], node.shape[-1])
      return .matmul(
        MatmulStep(
          batch: node.shape.dimensions.dropLast(2).reduce(1, *), m: m, n: n,
          k: transposeA ? a[-2] : a[-1], transposeA: transposeA, transposeB: transposeB,
          epilogue: epilogue))
    // Operations that do not take an epilogue. A new one belongs here or above.
    case .input, .variable, .constant, .fill, .random, .poison, .unary, .binary, .select, .reshape,
      .transpose, .slice, .broadcast, .stopGradient, .concatenate, .pad, .pack,
      .convolutionWeightGradient, .reduce, .moments, .argmax, .normalize, .maxPool,
      .maxPoolBackward, .maxPoolSelect, .averagePool, .averagePoolBackward, .gather, .scatterAdd,
      .softmax, .logSoftmax, .softmaxBackward, .logSoftmaxBackward, .crossEntropy,
      .crossEntropyGradient, .divergence, .divergenceGradient, .augment, .latentStep:
      preconditionFailure("not a contraction: \(node.op)")
    }
  }

  private mutating func emitReduction(_ unit: Unit) -> Step {
    var builder = ProgramBuilder(materialization, shape: unit.shape, members: [])
    var operations: [ReduceOp] = []
    var mask: UInt8 = 0
    for member in unit.members {
      guard case .reduce(let op, let axes) = graph.nodes[Int(member)].op else { continue }
      operations.append(op)
      mask = axes
      builder.store(graph.operand(member, 0), at: .init(strides: unit.shape.strides))
    }
    let axes = (0..<unit.shape.rank).filter { mask & (1 << UInt8($0)) != 0 && unit.shape[$0] != 1 }
    let (low, high) = (axes.first ?? 0, axes.last ?? -1)
    let extents = unit.shape.dimensions
    let reduction = Reduction(
      prologue: builder.program, operations: operations,
      outer: extents[..<low].reduce(1, *),
      reduced: high >= low ? extents[low...high].reduce(1, *) : 1,
      inner: high >= low ? extents[(high + 1)...].reduce(1, *) : extents.reduce(1, *))
    return Step(
      kind: .reduce(reduction), inputs: builder.operandNodes.map { value($0) },
      outputs: unit.members.map { value($0) }, label: label(unit.first))
  }

  private mutating func emitRows(_ unit: Unit) -> Step {
    let columns = unit.shape.columnCount
    let rows = unit.shape.rowCount
    var loss: Int?
    var student: Int?
    var teacher: Int?
    var upstream: Int?
    var kind: Op = .poison
    for member in unit.members {
      let node = graph.nodes[Int(member)]
      if node.inputCount > 2 { upstream = dense(graph.operand(member, 2)) }
      switch node.op {
      case .crossEntropy, .divergence: loss = value(member)
      case .divergenceGradient(_, .teacher): teacher = value(member)
      default: student = value(member)
      }
      kind = node.op
    }
    let pair = [dense(graph.operand(unit.first, 0)), dense(graph.operand(unit.first, 1))]
    let step: StepKind
    switch kind {
    case .crossEntropy(let smoothing), .crossEntropyGradient(let smoothing):
      step = .crossEntropy(
        smoothing: smoothing, rows: rows, columns: columns, loss: loss != nil,
        gradient: student != nil)
    case .divergence(let distance), .divergenceGradient(let distance, _):
      step = .divergence(
        DivergenceStep(
          distance: distance, rows: rows, columns: columns, loss: loss != nil,
          studentGradient: student != nil, teacherGradient: teacher != nil))
    // Operations that are no losses over rows. A new one belongs here or above.
    case .input, .variable, .constant, .fill, .random, .poison, .unary, .binary, .select, .reshape,
      .transpose, .slice, .broadcast, .stopGradient, .concatenate, .pad, .pack, .matmul,
      .convolution, .convolutionInputGradient, .convolutionWeightGradient, .reduce, .moments,
      .argmax, .normalize, .maxPool, .maxPoolBackward, .maxPoolSelect, .averagePool,
      .averagePoolBackward, .gather, .scatterAdd, .softmax, .logSoftmax, .softmaxBackward,
      .logSoftmaxBackward, .augment, .latentStep:
      preconditionFailure("not a loss over rows: \(kind)")
    }
    return Step(
      kind: step, inputs: pair + (upstream.map { [$0] } ?? []),
      outputs: [loss, student, teacher].compactMap { $0 }, label: label(unit.first))
  }

  private mutating func emitSingle(_ id: Int32) -> [Step] {
    let node = graph.nodes[Int(id)]
    switch node.op {
    case .concatenate(let axis): return emitConcatenation(id, Int(axis))
    case .pad(let low): return emitPadding(id, low)
    case .pack(let index): return emitPack(id, graph.packs[Int(index)])
    case .convolutionWeightGradient:
      let step = Step(
        kind: single(node, id), inputs: [], outputs: [value(id)], label: label(id))
      return [addingPrologues(to: step, of: id)]
    default:
      return [
        Step(
          kind: single(node, id), inputs: graph.operands(id).map { dense($0) },
          outputs: [value(id)], label: label(id))
      ]
    }
  }

  private func single(_ node: Node, _ id: Int32) -> StepKind {
    let x = graph.nodes[Int(graph.operand(id, 0))].shape
    let (rows, columns) = (x.rowCount, x.columnCount)
    func pooling(_ kind: PoolingStep.Kind, _ pooling: Pooling, _ input: Shape) -> StepKind {
      .pooling(
        PoolingStep(
          kind: kind, pooling: pooling, input: input,
          output: pooling.outputShape(input) ?? input))
    }
    switch node.op {
    case .convolutionWeightGradient(let geometry):
      let gradient = graph.nodes[Int(graph.operand(id, 1))].shape
      var store = PointwiseProgram(shape: [node.shape[0], node.shape.count / max(1, node.shape[0])])
      store.instructions = [.accumulator]
      store.results = [
        .init(register: 0, access: .init(strides: store.shape.strides), dtype: .float32)
      ]
      return .convolution(
        ConvolutionStep(
          direction: .weightGradient, geometry: geometry, input: x, weight: node.shape,
          output: gradient, epilogue: store))
    case .moments(let axis, let epsilon):
      return .moments(axis, rows: rows, columns: columns, epsilon: epsilon)
    case .argmax: return .argmax(rows: rows, columns: columns)
    case .maxPool(let window): return pooling(.maximum, window, x)
    case .maxPoolBackward(let window): return pooling(.maximumBackward, window, x)
    case .maxPoolSelect(let window): return pooling(.maximumSelect, window, x)
    case .averagePool(let window): return pooling(.average, window, x)
    case .averagePoolBackward(let window): return pooling(.averageBackward, window, node.shape)
    case .gather:
      let ids = graph.nodes[Int(graph.operand(id, 1))].shape.count
      return .gather(rows: x[0], columns: x.count / max(1, x[0]), count: ids)
    case .scatterAdd:
      return .scatterAdd(
        rows: node.shape[0], columns: node.shape.count / max(1, node.shape[0]), count: x.count)
    case .softmax: return .softmax(.softmax, rows: rows, columns: columns)
    case .logSoftmax: return .softmax(.logSoftmax, rows: rows, columns: columns)
    case .softmaxBackward: return .softmax(.softmaxBackward, rows: rows, columns: columns)
    case .logSoftmaxBackward: return .softmax(.logSoftmaxBackward, rows: rows, columns: columns)
    case .random(let distribution, let stream):
      return .random(distribution, stream: stream, count: node.shape.count)
    case .augment(let padding, let cutout):
      return .augment(AugmentStep(images: x, padding: padding, cutout: Int(cutout)))
    case .latentStep(let rule):
      let size = graph.nodes[Int(graph.operand(id, 2))].shape.count
      return .latentStep(
        rule, rows: x[0], columns: x.count / max(1, x[0]), sizePerRow: size == x[0] && x[0] > 1)
    // What other units compute, what is written in place, and what is there without being computed. A new
    // operation belongs here or above.
    case .input, .variable, .constant, .poison, .fill, .unary, .binary, .select, .reshape,
      .transpose, .slice, .broadcast, .stopGradient, .concatenate, .pad, .pack, .matmul,
      .convolution, .convolutionInputGradient, .reduce, .normalize, .crossEntropy,
      .crossEntropyGradient, .divergence, .divergenceGradient:
      preconditionFailure("no step of its own computes \(node.op)")
    }
  }
}
