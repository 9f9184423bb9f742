import RetortData

/// Where a training stands between two steps; with the weights, all that is needed to go on.
///
/// Random elements of a step follow from its number and the seed, so nothing else is kept of them.
public struct TrainingState: Sendable {
  /// Steps done.
  public var step = 0
  /// The place of the next batch in the order of the data.
  public var position = BatchOrder.Position()
  /// The time that the steps took, over all sessions.
  public var seconds = 0.0
  /// The total and each summand when they were last read, by name, in order.
  public var losses: [(name: String, value: Double)] = []

  /// What the examples held out for validation have said.
  public var validation = ValidationRecord()

  /// The start of a training.
  public init() {}
}

/// How often a training's state is kept.
public enum CheckpointInterval: Equatable, Sendable {
  /// After every so many steps, ≥ 1.
  case steps(Int)
  /// After the first step that ends so many seconds or more after the last time, > 0.
  case seconds(Double)
}
