extension PlanBuilder {
  /// The contraction `id` as a step that reads its operands too.
  ///
  /// `step` has only what its epilogue reads. An operand that is not stored becomes a prologue over
  /// what it is made of.
  mutating func addingPrologues(to step: Step, of id: Int32) -> Step {
    let operands = graph.operands(id).map { operand($0) }
    var step = step
    step.inputs = operands.map(\.input) + step.inputs + operands.flatMap(\.others)
    if case .convolution(var convolution) = step.kind {
      convolution.prologues = (operands[0].prologue, operands[1].prologue)
      step.kind = .convolution(convolution)
    }
    return step
  }

  /// An operand of a contraction: the tensor to load, and its prologue with all values that this reads.
  private mutating func operand(
    _ id: Int32
  ) -> (input: Int, prologue: PointwiseProgram?, others: [Int]) {
    guard materialization.alias(id) == nil else { return (dense(id), nil, []) }
    let shape = graph.nodes[Int(id)].shape
    var builder = ProgramBuilder(materialization, shape: shape, members: [])
    builder.store(id, at: .init(strides: shape.strides))
    let program = builder.program
    guard let tensor = program.operands.firstIndex(where: { program.isDense($0.access) }) else {
      preconditionFailure("a prologue needs a tensor: \(graph.nodes[Int(id)].op)")
    }
    let operands = builder.operandNodes.map { value($0) }
    return (operands[tensor], program, operands)
  }
}
