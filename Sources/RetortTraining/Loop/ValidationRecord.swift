/// The history of evaluations on the examples held out for validation.
public struct ValidationRecord: Equatable, Sendable {
  /// One evaluation of the held-out examples.
  public struct Point: Equatable, Sendable {
    /// The number of completed steps.
    public var step: Int
    /// The accuracy of a classifier, or how often the nearest document is right, in [0, 1]; nil for generators.
    public var accuracy: Double?
    /// The mean negative log-likelihood of the labels in nats, one less the mean reciprocal rank of pairs, or a
    /// generator's objective.
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

    /// Whether this evaluation ranks before `other`: by higher accuracy, or where there is none by lower
    /// loss.
    public func isBetter(than other: Point) -> Bool {
      guard let accuracy, let its = other.accuracy else { return loss < other.loss }
      return accuracy > its
    }
  }

  /// The first of the best evaluations; nil before any.
  public private(set) var best: Point?
  /// The latest evaluation; nil before any.
  public private(set) var last: Point?
  /// The number of consecutive evaluations, up to the latest, without improvement.
  public private(set) var stale = 0

  /// A record without evaluations.
  public init() {}

  /// A record with the given state.
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
