import RetortCore

extension Lowering {
  /// Appends the launch of one move of a latent search along the gradient.
  mutating func latentStep(
    _ step: Step, _ rule: LatentStepRule, rows: Int, columns: Int, sizePerRow: Bool
  ) {
    guard rows * columns > 0 else { return }
    let geometry = rowGeometry(rows: rows, columns: columns)
    var macros: LaunchMacros = ["NORMALISED": rule == .normalised ? "1" : "0"]
    macros.append(geometry.macros)
    var arguments: LaunchArguments = [
      "z": .buffer(input(step, 0)), "gradient": .buffer(input(step, 1)),
      "size": .buffer(input(step, 2)), "to": .buffer(output(step)), "rows": .int(rows),
      "columns": .int(columns), "sizeStride": .int(sizePerRow ? 1 : 0),
    ]
    arguments.append(geometry.arguments)
    add(
      Launch(
        family: "latent/latent_step", entry: form.rowEntry("latent_step"), macros: macros,
        global: geometry.global, local: geometry.local, arguments: arguments, label: step.label))
  }
}
