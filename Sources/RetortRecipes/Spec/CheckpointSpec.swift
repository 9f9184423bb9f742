import RetortSchema
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

extension CheckpointSpec: Configurable {
  /// The keys of `checkpoints`.
  public static let keys: [Key<CheckpointSpec>] =
    .oneOf(
      .int("steps", \.steps, 1...TrainSpec.stepLimit, "one every so many steps"),
      .number("seconds", \.seconds, .positive(), "one every so many seconds"))
    + [.int("keep", \.kept, 1...1000, "how many of the newest are kept")]

  private var steps: Int? {
    get { if case .steps(let count) = interval { count } else { nil } }
    set { if let newValue { interval = .steps(newValue) } }
  }

  private var seconds: Double? {
    get { if case .seconds(let count) = interval { count } else { nil } }
    set { if let newValue { interval = .seconds(newValue) } }
  }
}
