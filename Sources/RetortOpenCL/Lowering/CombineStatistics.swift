import RetortCore

/// The buffers in which a contraction's launch leaves statistics of its columns.
struct StatisticsTarget {
  /// The buffer, as `Kernels/matmul/combine_core.cl` has it.
  let buffer: BufferReference
  /// Counters of the work-groups that are done, and the results of the last ones; nil where a launch of
  /// its own combines the tiles.
  let combined: (arrived: BufferReference, results: [BufferReference])?
}

/// Statistics of tiles that a later step still has to combine.
struct TilePartials {
  /// The scratch buffer that they lie in, as `Kernels/matmul/combine_core.cl` has it.
  let scratch: Int
  let statistics: ColumnStatistics
  /// How many tiles there are, and their rows; the last one may have fewer.
  let tiles, height: Int
  /// The extent of the contraction's result.
  let rows, columns: Int
}

extension TilePartials {
  /// Tiles that are joined first, as `Kernels/matmul/combine_core.cl` has it.
  ///
  /// For the reason see Benchmarks/NOTES.md, "Statistics combined in the launch that makes them".
  static let run = 16
  /// Columns of a work-group of `Kernels/matmul/combine_statistics.cl`.
  private static let block = 4

  /// The launch that combines the tiles into the results of `step`.
  func launch(_ step: Step, on device: DeviceLimits) -> Launch {
    let group = device.group(256)
    var macros = statistics.macros
    macros.append("GROUP", "\(group)")
    var parameters = KernelParameters()
    let results = parameters.addResults(step.outputs.map { .value($0) })
    var arguments: LaunchArguments = [
      "statistics": .buffer(.scratch(scratch)), "N": .int(columns), "tiles": .int(tiles),
      "rows": .int(rows), "height": .int(height),
    ]
    arguments.append(parameters.arguments)
    return Launch(
      family: "matmul/combine_statistics", entry: "combine_statistics",
      macros: macros,
      generated: "#define RESULT_PARAMETERS \(parameters.trailing)\n" + results,
      global: [columns.ceilDivided(by: Self.block) * group], local: [group], arguments: arguments,
      label: step.label, part: "of tiles")
  }
}

extension KernelParameters {
  /// Adds pointers to the results of combined statistics; returns the macro that names them.
  mutating func addResults(_ results: [BufferReference]) -> String {
    for (index, result) in results.enumerated() {
      add("r\(index)", result, .float32, isConstant: false)
    }
    let choice = results.indices.dropLast().reversed().reduce("r\(results.count - 1)") {
      "(o) == \($1) ? r\($1) : \($0)"
    }
    return "#define RESULT(o) (\(choice))\n"
  }
}
