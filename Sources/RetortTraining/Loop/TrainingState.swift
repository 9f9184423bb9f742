import RetortData

/// The progress of a training between two steps; with the variables, all that is needed to continue.
///
/// Random operations depend on the step and the seed only, so they have no state here.
public struct TrainingState: Sendable {
  /// The number of completed steps.
  public var step = 0
  /// The position of the next batch in the order of the data.
  public var position = BatchOrder.Position()
  /// The time of all steps in seconds, over all sessions.
  public var seconds = 0.0
  /// The total and each term when they were last read, by name, in order.
  public var losses: [(name: String, value: Double)] = []

  /// The results on the examples held out for validation.
  public var validation = ValidationRecord()

  /// The start of a training.
  public init() {}
}

/// The interval between checkpoints of a training.
public enum CheckpointInterval: Equatable, Sendable {
  /// After every so many steps, ≥ 1.
  case steps(Int)
  /// After the first step that ends this many seconds or more after the last checkpoint, > 0.
  case seconds(Double)
}
