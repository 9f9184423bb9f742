import RetortCore

/// Sums of split contractions that wait for one launch to make them all.
///
/// Gradients of weights are read by the optimizer at the end of a step, where they lie in one flat
/// value. Until then their partial sums stay in scratch memory of their own.
struct SplitSums {
  /// The sum of one contraction's splits.
  private struct Sum {
    let result: Int
    /// Elements before the first one: of the partial sums in their scratch buffer, and of the
    /// result in the whole.
    let partial, offset: Int
    let count, splits: Int
  }

  /// Partial sums that wait take no more bytes than this.
  static let byteLimit = 64 << 20
  /// Results of a work-group.
  private static let local = 64

  private let plan: Plan
  private var sums: [Sum] = []
  /// The persistent value that all results are parts of.
  private var whole: Int?
  /// Bytes of the partial sums.
  private(set) var byteCount = 0

  init(_ plan: Plan) { self.plan = plan }

  /// Whether one of `values` shares memory with the result of a deferred sum.
  func touch(_ values: [Int]) -> Bool {
    sums.contains { sum in values.contains { plan.overlap($0, sum.result) } }
  }

  /// The largest persistent value that `result` is a part of, and the elements before it there.
  func place(of result: Int) -> (whole: Int, offset: Int)? {
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
    return found
  }

  /// Whether a sum may wait together with those that do.
  func accepts(_ whole: Int, byteCount more: Int) -> Bool {
    sums.isEmpty || whole == self.whole && byteCount + more <= Self.byteLimit
  }

  /// Lets a sum wait; its partial sums follow those of the others.
  mutating func append(
    _ result: Int, at place: (whole: Int, offset: Int), splits: Int, byteCount more: Int
  ) {
    whole = place.whole
    sums.append(
      Sum(
        result: result, partial: byteCount / 4, offset: place.offset,
        count: plan.values[result].count, splits: splits))
    byteCount += more
  }

  /// The launch that makes all sums that wait; nil if there are none.
  func launch(from scratch: Int, table: ([Int32]) -> BufferReference) -> Launch? {
    guard let whole else { return nil }
    var groups = 0
    var segments: [Int32] = []
    for sum in sums {
      // What does not fit is refused with the number of elements, another argument's.
      segments += [groups, sum.partial, sum.offset, sum.count, sum.splits].map(
        Int32.init(clamping:))
      groups += sum.count.pieces(of: Self.local)
    }
    var launch = Launch(
      family: "matmul/split_sum", entry: "split_sums_flat", global: [groups * Self.local],
      local: [Self.local],
      arguments: [
        "partial": .buffer(.scratch(scratch)), "c": .buffer(.value(whole)),
        "segments": .buffer(table(segments)), "count": .int(sums.count),
      ], label: "split contractions", part: "sum of parts")
    launch.task = "\(sums.count) results"
    return launch
  }
}
