import RetortCore

extension Lowering {
  /// Work-items of a work-group of the tiled form.
  private static let momentsGroup = 256
  /// Columns of a work-group of the tiled form, the rows that each of its items folds at least, and the
  /// work-groups beyond which nothing is split further: the largest GPU is full.
  ///
  /// Estimates: no GPU was at hand. `retort bench step --models resnet20 --profile` on one shows their effect.
  private static let tileColumns = 32, leastRows = 16, groupLimit = 1024

  /// Appends the launches of mean, variance and reciprocal deviation; none for an empty tensor.
  mutating func moments(
    _ step: Step, _ axis: MomentsAxis, rows: Int, columns: Int, epsilon: Float
  ) {
    guard rows > 0, columns > 0 else { return }
    switch (axis, form) {
    case (.rows, .vector):
      addRows(
        step, family: "reduction/moments_vector", entry: "moments_rows_vector", macros: [:],
        global: min(
          rows, max(1, rows * columns / CoreShare.elements),
          device.computeUnits * CoreShare.itemsPerCore), local: 1,
        rows, columns, epsilon)
    case (.rows, .tiled):
      let group = device.group(Self.momentsGroup)
      let tile = group / min(group, columns.roundedUpToPower)
      addRows(
        step, family: "reduction/moments_tiled", entry: "moments_rows_tiled",
        macros: ["TILE": "\(tile)", "GROUP": "\(group)"],
        global: rows.ceilDivided(by: tile) * group,
        local: group,
        rows, columns, epsilon)
    case (.channels, .vector): vectorChannels(step, rows, columns, epsilon)
    case (.channels, .tiled): tiledChannels(step, rows, columns, epsilon)
    }
  }

  private mutating func addRows(
    _ step: Step, family: String, entry: String, macros: LaunchMacros, global: Int, local: Int,
    _ rows: Int, _ columns: Int, _ epsilon: Float
  ) {
    add(
      Launch(
        family: family, entry: entry, macros: macros, global: [global], local: [local],
        arguments: [
          "x": .buffer(input(step, 0)), "y": .buffer(output(step)), "rows": .int(rows),
          "columns": .int(columns), "epsilon": .float(epsilon),
        ], label: step.label))
  }

  private mutating func vectorChannels(
    _ step: Step, _ rows: Int, _ columns: Int, _ epsilon: Float
  ) {
    let block = columns.ceilDivided(by: 16).evenPiece(atMost: 4)
    let blocks = (columns + 16 * block - 1) / (16 * block)
    let elements = rows * min(columns, 16 * block)
    let split = RowSplit(
      rows,
      wanted: min(elements / ReduceKernel.splitElements, ReduceKernel.unitLimit / blocks))
    let units = blocks * split.count
    addChannels(
      step, family: "reduction/moments_vector", macros: ["BLOCK": "\(block)"], split, rows,
      columns, epsilon,
      first: (
        "moments_columns_vector", [min(units, device.computeUnits * CoreShare.itemsPerCore)], [1]
      ),
      second: ("moments_combine_vector", (columns + 15) / 16, 1), units: units)
  }

  private mutating func tiledChannels(
    _ step: Step, _ rows: Int, _ columns: Int, _ epsilon: Float
  ) {
    let group = device.group(Self.momentsGroup)
    let tile = min(Self.tileColumns, group, columns.roundedUpToPower)
    let groups = (columns + tile - 1) / tile
    let split = RowSplit(
      rows,
      wanted: min(rows / (group / tile * Self.leastRows), Self.groupLimit / groups))
    addChannels(
      step, family: "reduction/moments_tiled", macros: ["TILE": "\(tile)", "GROUP": "\(group)"],
      split, rows, columns, epsilon,
      first: ("moments_columns_tiled", [groups * group, split.count], [group, 1]),
      second: ("moments_combine_tiled", groups * group, group), units: nil)
  }

  private mutating func addChannels(
    _ step: Step, family: String, macros: LaunchMacros, _ split: RowSplit, _ rows: Int,
    _ columns: Int, _ epsilon: Float, first: (entry: String, global: [Int], local: [Int]),
    second: (entry: String, global: Int, local: Int), units: Int?
  ) {
    let y = output(step)
    let partial = split.count > 1 ? scratch(byteCount: 8 * split.count * columns) : y
    var sizes: LaunchArguments = [
      "rows": .int(rows), "columns": .int(columns), "splitRows": .int(split.rows),
      "splits": .int(split.count),
    ]
    var arguments: LaunchArguments = [
      "x": .buffer(input(step, 0)), "y": .buffer(y), "partial": .buffer(partial),
    ]
    arguments.append(sizes)
    if let units { arguments.append("units", .int(units)) }
    arguments.append("epsilon", .float(epsilon))
    add(
      Launch(
        family: family, entry: first.entry, macros: macros, global: first.global,
        local: first.local, arguments: arguments, label: step.label))
    guard split.count > 1 else { return }
    arguments = ["partial": .buffer(partial), "y": .buffer(y)]
    sizes.append("epsilon", .float(epsilon))
    arguments.append(sizes)
    add(
      Launch(
        family: family, entry: second.entry, macros: macros, global: [second.global],
        local: [second.local], arguments: arguments, label: step.label, part: "sum of parts"))
  }
}

/// Rows cut into equal runs, the last one shorter but not empty.
private struct RowSplit {
  let rows: Int
  let count: Int

  init(_ total: Int, wanted: Int) {
    let wanted = max(1, wanted)
    rows = (total + wanted - 1) / wanted
    count = (total + rows - 1) / rows
  }
}
