import RetortCore

extension Lowering {
  /// Rows that a work-item copies on CPU devices, and work-items of a scatter per core.
  ///
  /// Chosen by trial; `retort bench step --models encoder --profile` shows their effect.
  private static let rowsPerItem = 16, sharesPerCore = 4
  /// Ids that a segment of a scatter has at least on GPUs, and elements of the tables of all segments at most.
  ///
  /// Estimates: no GPU was at hand. `retort bench step --models encoder --profile` on one shows their effect.
  private static let leastSegment = 64, segmentElements = 1 << 20

  /// Appends the launch of `y[i] = table[ids[i]]`.
  mutating func gather(_ step: Step, rows: Int, columns: Int, count: Int) {
    guard count * columns > 0 else { return }
    let arguments: LaunchArguments = [
      "table": .buffer(input(step, 0)), "ids": .buffer(input(step, 1)), "y": .buffer(output(step)),
      "rows": .int(rows), "columns": .int(columns), "count": .int(count),
    ]
    switch form {
    case .vector:
      let items = (count + Self.rowsPerItem - 1) / Self.rowsPerItem
      add(
        Launch(
          family: "embedding/gather_rows", entry: "gather_rows_vector",
          macros: ["ROWS": "\(Self.rowsPerItem)"], global: [items], local: [1],
          arguments: arguments, label: step.label))
    case .tiled:
      let width = columns % 4 == 0 ? 4 : 1
      add(
        Launch(
          family: "embedding/gather_rows", entry: "gather_rows_flat", macros: ["WIDTH": "\(width)"],
          global: [(count * columns / width + 63) / 64 * 64], local: [64], arguments: arguments,
          label: step.label))
    }
  }

  /// Appends the launches of `table[ids[i]] += g[i]`, from a table of zeros.
  mutating func scatterAdd(_ step: Step, rows: Int, columns: Int, count: Int) {
    guard rows * columns > 0 else { return }
    switch form {
    case .vector: scatterAddVector(step, rows: rows, columns: columns, count: count)
    case .tiled: scatterAddFlat(step, rows: rows, columns: columns, count: count)
    }
  }

  private mutating func scatterAddVector(_ step: Step, rows: Int, columns: Int, count: Int) {
    // Whole rows, which lie together, unless there are too few to go round.
    let work = (rows + count) * columns / CoreShare.elements
    let wanted = max(1, min(device.computeUnits * Self.sharesPerCore, work))
    let band = (rows + wanted - 1) / wanted
    let bands = (rows + band - 1) / band
    let panels = (wanted + bands - 1) / bands
    let panel = ((columns + panels - 1) / panels + 15) / 16 * 16
    add(
      Launch(
        family: "embedding/scatter_add", entry: "scatter_add_vector",
        global: [(columns + panel - 1) / panel, bands], local: [1, 1],
        arguments: [
          "ids": .buffer(input(step, 0)), "g": .buffer(input(step, 1)),
          "table": .buffer(output(step)), "rows": .int(rows), "columns": .int(columns),
          "count": .int(count), "panel": .int(panel), "band": .int(band),
        ], label: step.label))
  }

  private mutating func scatterAddFlat(_ step: Step, rows: Int, columns: Int, count: Int) {
    // Few rows mean long sums: cut the ids into segments, as far as their tables stay small.
    let wanted = max(1, min(count / Self.leastSegment, Self.segmentElements / (rows * columns)))
    let size = max(1, (count + wanted - 1) / wanted)
    let segments = max(1, (count + size - 1) / size)
    let tableRows = segments * rows
    let order = scratch(byteCount: max(1, count) * 4)
    let start = scratch(byteCount: tableRows * 4)
    let occurrences = scratch(byteCount: tableRows * 4)
    let table = segments == 1 ? output(step) : scratch(byteCount: tableRows * columns * 4)
    func launch(
      _ entry: String, part: String? = nil, _ items: Int, _ arguments: LaunchArguments
    ) {
      add(
        Launch(
          family: "embedding/scatter_add", entry: entry, global: [(items + 63) / 64 * 64],
          local: [64], arguments: arguments, label: step.label, part: part))
    }
    launch(
      "scatter_clear_flat", part: "clear", tableRows,
      ["occurrences": .buffer(occurrences), "count": .int(tableRows)])
    if count > 0 {
      launch(
        "scatter_order_flat", part: "order ids", count,
        [
          "ids": .buffer(input(step, 0)), "order": .buffer(order), "start": .buffer(start),
          "occurrences": .buffer(occurrences), "rows": .int(rows), "count": .int(count),
          "size": .int(size),
        ])
    }
    launch(
      "scatter_add_flat", tableRows * columns,
      [
        "g": .buffer(input(step, 1)), "order": .buffer(order), "start": .buffer(start),
        "occurrences": .buffer(occurrences), "table": .buffer(table), "rows": .int(tableRows),
        "columns": .int(columns),
      ])
    if segments > 1 {
      add(
        Launch(
          family: "matmul/split_sum", entry: "split_sum_flat",
          global: [(rows * columns + 63) / 64 * 64], local: [64],
          arguments: [
            "partial": .buffer(table), "c": .buffer(output(step)), "rows": .int(rows),
            "N": .int(columns), "splits": .int(segments),
          ], label: step.label, part: "sum of parts"))
    }
  }
}
