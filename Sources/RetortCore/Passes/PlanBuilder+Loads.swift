extension PlanBuilder {
  /// The contraction `id` as a step that reads its operands too.
  ///
  /// `step` has only what its epilogue reads. An operand that is not stored becomes a prologue over
  /// what it is made of.
  mutating func loading(_ step: Step, operandsOf id: Int32) -> Step {
    let loads = graph.operands(id).map { load($0) }
    var step = step
    step.inputs = loads.map(\.input) + step.inputs + loads.flatMap(\.operands)
    if case .convolution(var convolution) = step.kind {
      convolution.prologues = (loads[0].prologue, loads[1].prologue)
      step.kind = .convolution(convolution)
    }
    return step
  }

  private mutating func load(
    _ id: Int32
  ) -> (input: Int, prologue: PointwiseProgram?, operands: [Int]) {
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
