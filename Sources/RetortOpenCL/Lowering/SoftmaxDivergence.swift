import RetortCore

extension Lowering {
  /// Appends the launch of a divergence between rows of logits: loss, gradients or all of them.
  mutating func divergence(_ step: Step, _ divergence: DivergenceStep) {
    let (rows, columns) = (divergence.rows, divergence.columns)
    guard rows * columns > 0, !step.outputs.isEmpty else { return }
    let geometry = rowGeometry(rows: rows, columns: columns)
    var macros: LaunchMacros = [
      "DIVERGENCE": divergence.divergence.macro, "LOSS": divergence.loss ? "1" : "0",
      "GRAD_STUDENT": divergence.studentGradient ? "1" : "0",
      "GRAD_TEACHER": divergence.teacherGradient ? "1" : "0",
    ]
    macros.append(geometry.macros)
    var arguments: LaunchArguments = [
      "student": .buffer(input(step, 0)), "teacher": .buffer(input(step, 1)), "rows": .int(rows),
      "columns": .int(columns), "temperature": .float(divergence.temperature),
    ]
    arguments.append(geometry.arguments)
    if case .jensenShannon(let beta) = divergence.divergence {
      arguments.append("beta", .float(beta))
    }
    var outputs = step.outputs.indices.makeIterator()
    if divergence.loss, let index = outputs.next() {
      arguments.append("lossOut", .buffer(output(step, index)))
    }
    if divergence.studentGradient || divergence.teacherGradient {
      arguments.append(upstream(step, rows: rows))
    }
    if divergence.studentGradient, let index = outputs.next() {
      arguments.append("gradStudent", .buffer(output(step, index)))
    }
    if divergence.teacherGradient, let index = outputs.next() {
      arguments.append("gradTeacher", .buffer(output(step, index)))
    }
    add(
      Launch(
        family: "distillation/softmax_divergence", entry: form.rowEntry("softmax_divergence"),
        macros: macros, global: geometry.global, local: geometry.local, arguments: arguments,
        label: step.label))
  }
}

extension Divergence {
  /// The value of the kernel's `DIVERGENCE` macro.
  fileprivate var macro: String {
    switch self {
    case .forwardKL: "0"
    case .reverseKL: "1"
    case .jensenShannon: "2"
    case .probabilityL2: "3"
    }
  }
}
