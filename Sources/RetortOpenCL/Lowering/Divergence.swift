import RetortCore

extension Lowering {
  /// Appends the launch of a distance between rows: loss, gradients or all of them.
  mutating func divergence(_ step: Step, _ divergence: DivergenceStep) {
    let (rows, columns) = (divergence.rows, divergence.columns)
    guard rows * columns > 0, !step.outputs.isEmpty else { return }
    let geometry = rowGeometry(rows: rows, columns: columns)
    var macros: LaunchMacros = [
      "LOSS": divergence.loss ? "1" : "0",
      "GRAD_STUDENT": divergence.studentGradient ? "1" : "0",
      "GRAD_TEACHER": divergence.teacherGradient ? "1" : "0",
    ]
    macros.append(geometry.macros)
    var arguments: LaunchArguments = [
      "student": .buffer(input(step, 0)), "teacher": .buffer(input(step, 1)), "rows": .int(rows),
      "columns": .int(columns),
    ]
    let kernel: String
    switch divergence.distance {
    case .logits(let kind, let temperature):
      kernel = "softmax_divergence"
      macros.append(["DIVERGENCE": kind.macro])
      arguments.append("temperature", .float(temperature))
      if case .jensenShannon(let beta) = kind { arguments.append("beta", .float(beta)) }
    case .direction:
      kernel = "direction_distance"
      arguments.append("leastSquares", .float(1e-24))
    case .cosine(let floor):
      kernel = "direction_distance"
      macros.append(["COSINE": "1"])
      arguments.append("leastSquares", .float(floor * floor))
    }
    arguments.append(geometry.arguments)
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
        family: "distillation/" + kernel, entry: form.rowEntry(kernel), macros: macros,
        global: geometry.global, local: geometry.local, arguments: arguments, label: step.label))
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
