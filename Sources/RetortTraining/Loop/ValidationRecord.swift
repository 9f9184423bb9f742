/// What the examples held out for validation have said of a training so far.
public struct ValidationRecord: Equatable, Sendable {
  /// One evaluation of the held-out examples.
  public struct Point: Equatable, Sendable {
    /// The steps done before it.
    public var step: Int
    /// The share of examples that a classifier gets right, in [0, 1]; nil for generators.
    public var accuracy: Double?
    /// The mean negative log-likelihood of the labels in nats, or a generator's objective.
    public var loss: Double

    /// An evaluation after `step` steps.
    public init(step: Int, accuracy: Double?, loss: Double) {
      (self.step, self.accuracy, self.loss) = (step, accuracy, loss)
    }

    /// The mean of several models' evaluations after the same step; nil of none.
    package static func mean(of points: [Point]) -> Point? {
      guard let first = points.first else { return nil }
      let accuracies = points.compactMap(\.accuracy)
      let count = Double(points.count)
      return Point(
        step: first.step,
        accuracy: accuracies.count == points.count ? accuracies.reduce(0, +) / count : nil,
        loss: points.reduce(0) { $0 + $1.loss } / count)
    }

    /// Whether this is to be chosen before `other`: the more accurate one, or where there is no accuracy
    /// that of the smaller loss.
    public func isBetter(than other: Point) -> Bool {
      guard let accuracy, let its = other.accuracy else { return loss < other.loss }
      return accuracy > its
    }
  }

  /// The first of the best evaluations; nil before any.
  public private(set) var best: Point?
  /// The latest evaluation; nil before any.
  public private(set) var last: Point?
  /// How many evaluations in a row, up to the latest, were no better than the best.
  public private(set) var stale = 0

  /// A record without evaluations.
  public init() {}

  /// A record that was kept.
  package init(best: Point?, last: Point?, stale: Int) {
    (self.best, self.last, self.stale) = (best, last, stale)
  }

  /// Adds the latest evaluation.
  ///
  /// - Returns: Whether it is the best so far.
  public mutating func add(_ point: Point) -> Bool {
    last = point
    let isBest = best.map { point.isBetter(than: $0) } ?? true
    if isBest { best = point }
    stale = isBest ? 0 : stale + 1
    return isBest
  }
}
