/// Which examples a stage learns from.
public struct DataSpec: Equatable, Sendable {
  /// How few, and of which classes.
  public enum Selection: Equatable, Sendable {
    /// The whole training set.
    case all
    /// So many labelled examples, as evenly over classes as possible.
    case labelled(Int)
    /// Counts that fall exponentially from class to class; the largest over the smallest.
    case longTail(imbalance: Double)
    /// Half of the classes whole, half reduced by this factor.
    case stepImbalance(Double)
  }

  /// A name of the dataset list.
  public var name = "fashion-mnist"
  /// Where its files lie, if not at the usual places.
  public var directory: String?
  /// The part that is used.
  public var selection: Selection = .all
  /// What the selection depends on; nil for the recipe's seed.
  public var seed: UInt64?
  /// Training examples held out for validation.
  public var validation = 0

  /// All of Fashion-MNIST.
  public init() {}
}
