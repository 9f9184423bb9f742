import RetortCore

/// The place of a split contraction's result in a larger value, which lets the sum of its splits wait.
///
/// Gradients of weights are read by the optimizer at the end of a step, where they lie in one flat
/// value. Until then their partial sums stay in scratch memory of their own.
struct Deferral {
  /// The result, and its elements.
  let result, count: Int
  /// The largest persistent value that the result is a part of, and the elements before it there.
  let whole, offset: Int

  /// Nil where the result is no part of a larger persistent value.
  init?(of result: Int, in plan: Plan) {
    guard case .persistent(let first) = plan.values[result].storage else { return nil }
    let end = first + 4 * plan.values[result].count
    var found: (whole: Int, offset: Int)?
    var most = plan.values[result].count
    for (index, value) in plan.values.enumerated() where value.count > most {
      guard case .persistent(let start) = value.storage, start <= first,
        end <= start + 4 * value.count
      else { continue }
      found = (index, (first - start) / 4)
      most = value.count
    }
    guard let found else { return nil }
    (self.result, count) = (result, plan.values[result].count)
    (whole, offset) = found
  }
}

/// Sums of split contractions that wait for one launch to make them all.
struct DeferredSums {
  /// The sum of one contraction's splits.
  private struct Sum {
    let step: Int
    let deferral: Deferral
    /// Elements before its partial sums in their scratch buffer.
    let partial: Int
    let splits: Int
  }

  /// Bytes of all partial sums that wait, at most; with it ResNet-20's step takes two launches for its sums:
  /// Benchmarks/NOTES.md, "Sums of split weight gradients in one launch".
  static let byteLimit = 64 << 20
  /// Results of a work-group.
  private static let local = 64

  private var sums: [Sum] = []
  /// Bytes of the partial sums.
  private(set) var byteCount = 0

  var isEmpty: Bool { sums.isEmpty }

  /// Whether the sum of one of `steps` waits.
  func contains(anyOf steps: Set<Int>) -> Bool { sums.contains { steps.contains($0.step) } }

  /// Whether a sum may wait together with those that do: all are parts of one value.
  func accepts(_ deferral: Deferral, byteCount more: Int) -> Bool {
    sums.allSatisfy { $0.deferral.whole == deferral.whole }
      && (sums.isEmpty || byteCount + more <= Self.byteLimit)
  }

  /// Lets the sum of a step wait; its partial sums follow those of the others.
  mutating func append(_ deferral: Deferral, of step: Int, splits: Int, byteCount more: Int) {
    sums.append(Sum(step: step, deferral: deferral, partial: byteCount / 4, splits: splits))
    byteCount += more
  }

  /// One row per sum: its first work-group, its first partial sum, its first element in the whole, elements,
  /// splits.
  var segments: [Int32] {
    var groups = 0
    return sums.flatMap { sum in
      let deferral = sum.deferral
      defer { groups += deferral.count.ceilDivided(by: Self.local) }
      // A number that does not fit is refused with that of the elements, an argument of another launch.
      return [groups, sum.partial, deferral.offset, deferral.count, sum.splits].map(
        Int32.init(clamping:))
    }
  }

  /// The launch that makes all sums, of which there must be one.
  func launch(from partial: BufferReference, segments: BufferReference) -> Launch {
    let groups = sums.reduce(0) { $0 + $1.deferral.count.ceilDivided(by: Self.local) }
    var launch = Launch(
      family: "matmul/split_sum", entry: "split_sums_flat", global: [groups * Self.local],
      local: [Self.local],
      arguments: [
        "partial": .buffer(partial), "c": .buffer(.value(sums[0].deferral.whole)),
        "segments": .buffer(segments), "count": .int(sums.count),
      ], label: "split contractions", part: "sum of parts")
    launch.task = "\(sums.count) results"
    return launch
  }
}
