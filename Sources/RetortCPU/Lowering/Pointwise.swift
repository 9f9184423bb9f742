import CRetortCPU
import RetortCore

extension Lowering {
  /// Binds a program whose operands follow the step's first `first` inputs.
  func compile(_ program: PointwiseProgram, of step: Step, operandsFrom first: Int = 0) throws
    -> CompiledProgram
  {
    let operands = try program.operands.enumerated().map { index, operand in
      try input(
        step, first + index, try extent(operand.access, program, step), operand.dtype)
    }
    let results = try program.results.enumerated().map { index, result in
      try output(step, index, try extent(result.access, program, step), result.dtype)
    }
    return reserving(
      CompiledProgram(
        program, operandMemory: operands, resultMemory: results, precision: precision))
  }

  /// Binds a program whose results the caller reads from registers.
  func compilePrologue(_ program: PointwiseProgram, of step: Step) throws -> CompiledProgram {
    let operands = try program.operands.enumerated().map { index, operand in
      try input(step, index, try extent(operand.access, program, step), operand.dtype)
    }
    return reserving(
      CompiledProgram(program, operandMemory: operands, resultMemory: nil, precision: precision))
  }

  private func reserving(_ program: CompiledProgram) -> CompiledProgram {
    workspace.reserve(perWorker: program.scratchBytes)
    return program
  }

  /// The number of elements that a value needs for an access.
  private func extent(
    _ access: PointwiseProgram.Access, _ program: PointwiseProgram, _ step: Step
  ) throws -> Int {
    if program.shape.count == 0 { return 0 }
    var (low, high) = (access.offset, access.offset)
    for axis in 0..<program.shape.rank {
      let reach = (program.shape[axis] - 1) * access.strides[axis]
      if reach < 0 { low += reach } else { high += reach }
    }
    guard low >= 0 else {
      throw BackendError.outOfBounds(what: step.title, offset: low, count: 1, capacity: high + 1)
    }
    return high + 1
  }

  func lowerPointwise(_ step: Step, _ program: PointwiseProgram) throws -> Operation {
    let compiled = try compile(program, of: step)
    let run = kernels.pointwise
    let grain = max(2048, 32768 / max(1, program.instructions.count) / 512 * 512)
    return split(program.shape.count, by: grain) { [workspace] worker, start, end in
      run(compiled.pointer, start, end, workspace.scratch(worker))
    }
  }
}
