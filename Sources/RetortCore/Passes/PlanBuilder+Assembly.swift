extension PlanBuilder {
  /// Each part is written, with the expression that makes it, into its place in the whole.
  mutating func emitConcatenation(_ id: Int32, _ axis: Int) -> [Step] {
    let strides = graph.nodes[Int(id)].shape.strides
    var start = 0
    var steps: [Step] = []
    for part in graph.operands(id) {
      steps.append(
        copy(part, to: value(id), .init(offset: start * strides[axis], strides: strides)))
      start += graph.nodes[Int(part)].shape[axis]
    }
    return steps.filter { !$0.inputs.isEmpty || !$0.outputs.isEmpty }
  }

  mutating func emitPadding(_ id: Int32, _ low: SIMD8<Int32>) -> [Step] {
    let node = graph.nodes[Int(id)]
    var zeros = PointwiseProgram(shape: node.shape)
    zeros.instructions = [.constant(0)]
    zeros.results = [
      .init(register: 0, access: .init(strides: node.shape.strides), dtype: node.dtype)
    ]
    let strides = node.shape.strides
    var offset = 0
    for axis in 0..<node.shape.rank { offset += Int(low[axis]) * strides[axis] }
    return [
      Step(kind: .pointwise(zeros), inputs: [], outputs: [value(id)], label: label(id)),
      copy(graph.operand(id, 0), to: value(id), .init(offset: offset, strides: strides)),
    ]
  }

  /// Parts computed by a step of their own are placed in the pack, and sums that are placed already
  /// are computed once more beside themselves; the others are copied.
  mutating func emitPack(_ id: Int32, _ offsets: [Int]) -> [Step] {
    let whole = value(id)
    var steps: [Step] = []
    for (part, offset) in zip(graph.operands(id), offsets) {
      let shape = graph.nodes[Int(part)].shape
      let source = dense(part)
      let free =
        fixed[source] == nil && parts[source] == nil && !persistent.contains(source)
        && !uses.frozen[Int(part)]
      if free, !parts.values.contains(where: { $0.base == source }) {
        parts[source] = (whole, offset)
      } else if parts[source] != nil, let twin = twin(of: source) {
        parts[twin] = (whole, offset)
      } else if free || shape.count > 0 {
        steps.append(copy(part, to: whole, .init(offset: offset, strides: shape.strides)))
      }
    }
    return steps
  }

  /// Another result of the reduction that makes `source`, equal to it; nil where none does, or it has
  /// four.
  private mutating func twin(of source: Int) -> Int? {
    guard let stepIndex = plan.steps.lastIndex(where: { $0.outputs.contains(source) }),
      case .reduce(var reduction) = plan.steps[stepIndex].kind, reduction.operations.count < 4,
      let result = plan.steps[stepIndex].outputs.firstIndex(of: source)
    else { return nil }
    reduction.prologue.results.append(reduction.prologue.results[result])
    reduction.operations.append(reduction.operations[result])
    let twin = addValue(plan.values[source].count, plan.values[source].dtype)
    plan.steps[stepIndex].kind = .reduce(reduction)
    plan.steps[stepIndex].outputs.append(twin)
    return twin
  }

  private mutating func copy(
    _ part: Int32, to whole: Int, _ access: PointwiseProgram.Access
  ) -> Step {
    var builder = ProgramBuilder(
      materialization, shape: graph.nodes[Int(part)].shape, members: [])
    builder.store(part, at: access)
    return Step(
      kind: .pointwise(builder.program), inputs: builder.operandNodes.map { value($0) },
      outputs: [whole], label: label(part))
  }
}
