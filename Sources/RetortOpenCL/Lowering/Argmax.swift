import RetortCore

extension Lowering {
  /// Rows that a work-item of a CPU device treats at least.
  ///
  /// Chosen by trial; `retort bench step --models mlp --profile` shows its effect.
  private static let leastRows = 16

  /// Appends the launch of the index of each row's first maximum.
  mutating func argmax(_ step: Step, rows: Int, columns: Int) {
    guard rows > 0, columns > 0 else { return }
    var arguments: LaunchArguments = [
      "x": .buffer(input(step, 0)), "y": .buffer(output(step)),
    ]
    switch form {
    case .vector:
      let items = device.computeUnits * CoreShare.itemsPerCore
      let share = max(Self.leastRows, (rows + items - 1) / items)
      arguments.append("rows", .int(rows))
      arguments.append("columns", .int(columns))
      arguments.append("share", .int(share))
      add(
        Launch(
          family: "reduction/argmax", entry: "argmax_vector", global: [(rows + share - 1) / share],
          local: [1], arguments: arguments, label: step.label))
    case .tiled:
      let group = device.group(columns > 1024 ? 256 : 64)
      arguments.append("columns", .int(columns))
      add(
        Launch(
          family: "reduction/argmax", entry: "argmax_rows", macros: ["GROUP": "\(group)"],
          global: [rows * group], local: [group], arguments: arguments, label: step.label))
    }
  }
}
