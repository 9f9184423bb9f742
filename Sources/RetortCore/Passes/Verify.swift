extension Plan {
  /// Whether every step reads what has been written and no living values overlap.
  package func verify() -> Bool { faults().isEmpty }

  /// What is inconsistent, for tests and debug builds.
  package func faults() -> [String] {
    var faults: [String] = []
    var written = Set<Int>()
    for (index, value) in values.enumerated() {
      switch value.storage {
      case .variable, .input, .constant: written.insert(index)
      case .arena(let offset):
        if offset % Plan.alignment != 0 { faults.append("value \(index) is not aligned") }
      case .persistent: break
      }
    }
    var writer: [Int: (value: Int, end: Int)] = [:]
    for (index, step) in (setup + steps).enumerated() {
      // Where memory is used again, something else has been written at the place.
      for input in step.inputs where step.outputs.contains(input) && !written.contains(input) {
        faults.append("step \(index) (\(step.label)) reads value \(input), which it makes")
      }
      for input in step.inputs where !isWritten(input, written) {
        faults.append("step \(index) (\(step.label)) reads value \(input) before it is written")
      }
      // Values that are parts of others are never written themselves.
      for input in step.inputs where written.contains(input) {
        guard case .arena(let offset) = values[input].storage else { continue }
        if let owner = writer[offset], owner.value != input,
          values[owner.value].count != values[input].count
        {
          faults.append("step \(index) reads value \(input) after \(owner.value) overwrote it")
        }
      }
      for output in step.outputs {
        written.insert(output)
        if case .arena(let offset) = values[output].storage {
          writer[offset] = (output, offset + values[output].count * 4)
        }
      }
      let program: PointwiseProgram? =
        switch step.kind {
        case .pointwise(let program): program
        case .reduce(let reduction): reduction.prologue
        default: nil
        }
      var operands = program?.operands.count ?? step.inputs.count
      if case .convolution(let convolution) = step.kind {
        operands = 2 + convolution.epilogue.operands.count
        operands += convolution.fusedPrologues.reduce(0) { $0 + $1.program.operands.count }
      }
      if operands != step.inputs.count {
        faults.append("step \(index) has \(step.inputs.count) inputs for its program")
      }
    }
    return faults
  }

  /// Whether a value, or one that it is part of or a part of, has been written.
  private func isWritten(_ value: Int, _ written: Set<Int>) -> Bool {
    written.contains(value) || written.contains { overlap($0, value) }
  }
}
