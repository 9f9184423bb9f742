import RetortTraining

/// How often a stage keeps its state, and how many states.
public struct CheckpointSpec: Equatable, Sendable {
  /// How often, besides the end and an interruption.
  public var interval: CheckpointInterval = .seconds(30)
  /// How many of the newest are kept, ≥ 1.
  public var kept = 2

  /// Two, thirty seconds apart.
  public init() {}
}
