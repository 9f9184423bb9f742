/// How much a function changes by for a change of its argument: a look from below at its Lipschitz constant.
public struct Steepness: Equatable, Sendable {
  /// The mean of `‖F(a) − F(b)‖ / ‖a − b‖` over pairs.
  public let mean: Estimate
  /// The greatest of them, than which the constant is no less; it may be greater where no pair lies.
  public let greatest: Double

  /// The steepness over pairs of arguments; nil where no two differ.
  ///
  /// - Parameters:
  ///   - changes: How far the function's values are apart, for each pair.
  ///   - distances: How far the arguments are; pairs at no distance are left out.
  public init?(changes: [Double], distances: [Double]) {
    let ratios = zip(changes, distances).filter { $0.1 > 0 }.map { $0.0 / $0.1 }
    guard let greatest = ratios.max() else { return nil }
    (mean, self.greatest) = (.mean(ratios), greatest)
  }
}
