import CRetortCPU
import RetortCore

extension Lowering {
  /// The number of elements per task of a reduction.
  private static let grain = 16384

  func lowerReduction(_ step: Step, _ reduction: Reduction) throws -> Operation {
    let (outer, reduced, inner) = (reduction.outer, reduction.reduced, reduction.inner)
    let results = reduction.prologue.results.count
    guard reduction.operations.count == results,
      outer * reduced * inner == reduction.prologue.shape.count,
      reduction.prologue.results.allSatisfy({ $0.dtype == .float32 })
    else {
      throw BackendError.unsupported(
        step: step.title, backend: "the CPU backend",
        reason: "\(results) results over \(reduction.prologue.shape) as "
          + "[\(outer), \(reduced), \(inner)]")
    }
    let compiled = try compilePrologue(reduction.prologue, of: step)
    let targets = try (0..<results).map { try output(step, $0, outer * inner) }
    let operations = reduction.operations.map(\.reduction)

    // The reduced axis is split into segments if the outer axis alone gives too few tasks.
    let each = reduced * inner
    let wanted = outer >= 16 ? 1 : min(64, reduced, each / Lowering.grain)
    let length = max(1, (reduced + max(1, wanted) - 1) / max(1, wanted))
    let segments = max(1, (reduced + length - 1) / length)
    let segmentCount = outer * segments
    workspace.reserve(shared: results * segmentCount * inner * MemoryLayout<Double>.stride)

    let (reduce, finish) = (kernels.reduce, kernels.reduce_finish)
    let accumulate = split(
      inner == 0 ? 0 : segmentCount, by: Lowering.grain / max(1, length * inner)
    ) { [workspace] worker, start, end in
      reduce(
        compiled.pointer, operations, Int64(reduced), Int64(inner), Int64(segments), Int64(length),
        Int64(segmentCount), start, end, workspace.common.assumingMemoryBound(to: Double.self),
        workspace.scratch(worker))
    }
    let combine = split(outer * inner, by: Lowering.grain / segments) { [workspace] _, start, end in
      let sums = workspace.common.assumingMemoryBound(to: Double.self)
      for (index, target) in targets.enumerated() {
        finish(
          operations[index], Int64(segments), Int64(inner), start, end,
          sums + index * segmentCount * inner, target)
      }
    }
    return {
      accumulate()
      combine()
    }
  }

  func lowerMoments(
    _ step: Step, _ axis: MomentsAxis, _ rows: Int, _ columns: Int, _ epsilon: Double
  ) throws -> Operation {
    let x = try input(step, 0, rows * columns)
    let y = try output(step, 0, 3 * (axis == .rows ? rows : columns))
    if axis == .rows {
      let moments = kernels.row_moments
      return splitRows(rows, columns) { _, start, end in
        moments(x, Int64(rows), Int64(columns), epsilon, start, end, y)
      }
    }
    let length = max(1, (rows + 63) / 64, Lowering.grain / max(1, columns))
    let segments = max(1, (rows + length - 1) / length)
    workspace.reserve(shared: (segments + 2) * columns * MemoryLayout<Double>.stride)
    let (sums, finish) = (kernels.column_sums, kernels.column_moments)
    return { [workspace, workers] in
      let mean = workspace.common.assumingMemoryBound(to: Double.self)
      let variance = mean + columns
      let partial = variance + columns
      for (pass, total) in [mean, variance].enumerated() {
        workers.run(segments) { _, segment in
          sums(
            x, Int64(columns), Int64(segment * length), Int64(min(rows, (segment + 1) * length)),
            pass == 0 ? nil : mean, partial + segment * columns)
        }
        for column in 0..<columns {
          var sum = 0.0
          for segment in 0..<segments { sum += partial[segment * columns + column] }
          total[column] = sum / Double(rows)
        }
      }
      finish(mean, variance, Int64(columns), epsilon, y)
    }
  }
}

extension ReduceOp {
  fileprivate var reduction: retort_reduction {
    switch self {
    case .sum: retort_sum
    case .maximum: retort_largest
    case .minimum: retort_smallest
    }
  }
}
