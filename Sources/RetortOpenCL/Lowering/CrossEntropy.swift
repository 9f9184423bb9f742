import RetortCore

extension Lowering {
  /// Appends the launch of a softmax cross-entropy with int32 labels: loss, gradient or both.
  mutating func crossEntropy(
    _ step: Step, smoothing: Float, rows: Int, columns: Int, loss: Bool, gradient: Bool
  ) {
    guard rows * columns > 0, loss || gradient else { return }
    let geometry = rowGeometry(rows: rows, columns: columns)
    var macros: LaunchMacros = ["LOSS": loss ? "1" : "0", "GRADIENT": gradient ? "1" : "0"]
    macros.append(geometry.macros)
    var arguments: LaunchArguments = [
      "logits": .buffer(input(step, 0)), "labels": .buffer(input(step, 1)), "rows": .int(rows),
      "columns": .int(columns), "smoothing": .float(smoothing),
    ]
    arguments.append(geometry.arguments)
    if loss { arguments.append("loss", .buffer(output(step, 0))) }
    if gradient {
      arguments.append(upstream(step, rows: rows))
      arguments.append("gradient", .buffer(output(step, loss ? 1 : 0)))
    }
    add(
      Launch(
        family: "distillation/softmax_cross_entropy", entry: form.rowEntry("softmax_cross_entropy"),
        macros: macros, global: geometry.global, local: geometry.local, arguments: arguments,
        label: step.label))
  }

  /// The arguments of the weights that a loss over rows multiplies its gradients by: one per row,
  /// or one for all.
  func upstream(_ step: Step, rows: Int) -> LaunchArguments {
    let isShared = plan.values[step.inputs[2]].count == 1
    return ["upstream": .buffer(input(step, 2)), "upstreamStride": .int(isShared ? 0 : 1)]
  }
}
