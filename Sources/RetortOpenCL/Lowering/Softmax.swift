import RetortCore

extension Lowering {
  /// Appends the launch of a softmax or log-softmax along rows, or of its derivative.
  mutating func softmax(_ step: Step, _ kind: SoftmaxKind, rows: Int, columns: Int) {
    guard rows * columns > 0 else { return }
    let geometry = rowGeometry(rows: rows, columns: columns)
    let isLog = kind == .logSoftmax || kind == .logSoftmaxBackward
    var macros: LaunchMacros = ["LOG": isLog ? "1" : "0"]
    macros.append(geometry.macros)
    var arguments: LaunchArguments
    let name: String
    switch kind {
    case .softmax, .logSoftmax:
      name = "softmax"
      arguments = ["x": .buffer(input(step, 0)), "y": .buffer(output(step))]
    case .softmaxBackward, .logSoftmaxBackward:
      name = "softmax_backward"
      arguments = [
        "y": .buffer(input(step, 0)), "gradient": .buffer(input(step, 1)),
        "gradX": .buffer(output(step)),
      ]
    }
    arguments.append("rows", .int(rows))
    arguments.append("columns", .int(columns))
    arguments.append(geometry.arguments)
    add(
      Launch(
        family: "normalization/softmax", entry: form.rowEntry(name), macros: macros,
        global: geometry.global, local: geometry.local, arguments: arguments, label: step.label))
  }
}
