import RetortData
import RetortDistillation

/// One training: of a student, a generator or a teacher.
public struct StageSpec: Equatable, Sendable {
  /// Whose weights a stage changes.
  public enum Player: String, CaseIterable, Sendable {
    case student, generator, teacher
  }

  /// Unique in its recipe; arms are called `stage/arm`.
  public var name: String
  /// The examples.
  public var data: DataSpec
  /// The labeler; trained where there is neither a student nor an untrained generator.
  public var teacher: PlayerSpec?
  /// The encoder and decoder; trained where there is no student and it has no weights.
  public var generator: PlayerSpec?
  /// The model that learns from the others.
  public var student: PlayerSpec?
  /// What is minimised, in order.
  public var losses: [LossSpec]
  /// How new examples are sought.
  public var explore: Exploration?
  /// What is done to examples on the way in.
  public var augment: Augmentation
  /// How parameters follow gradients.
  public var optimizer: OptimizerSpec
  /// How long, in what batches.
  public var train: TrainSpec
  /// How often the state is kept.
  public var checkpoints: CheckpointSpec

  /// A stage of the given parts.
  public init(
    name: String, data: DataSpec = DataSpec(), teacher: PlayerSpec? = nil,
    generator: PlayerSpec? = nil, student: PlayerSpec? = nil,
    losses: [LossSpec] = [.crossEntropy()], explore: Exploration? = nil,
    augment: Augmentation = .none, optimizer: OptimizerSpec = OptimizerSpec(),
    train: TrainSpec = TrainSpec(), checkpoints: CheckpointSpec = CheckpointSpec()
  ) {
    (self.name, self.data, self.teacher) = (name, data, teacher)
    (self.generator, self.student, self.losses) = (generator, student, losses)
    (self.explore, self.augment, self.optimizer) = (explore, augment, optimizer)
    (self.train, self.checkpoints) = (train, checkpoints)
  }

  /// Whose weights the stage changes.
  public var trained: Player {
    if student != nil { return .student }
    if let generator, generator.source == .untrained { return .generator }
    return .teacher
  }

  /// The player that the stage trains.
  public var learner: PlayerSpec? {
    switch trained {
    case .student: student
    case .generator: generator
    case .teacher: teacher
    }
  }
}

/// One model of a stage and where its weights come from.
public struct PlayerSpec: Equatable, Sendable {
  /// Where weights come from.
  public enum Source: Equatable, Sendable {
    /// Drawn at random.
    case untrained
    /// A safetensors file.
    case file(String)
    /// What an earlier stage trained.
    case stage(String)
  }

  /// A name of the model catalog; empty where `source` is a stage, whose model it then is.
  public var model: String
  /// The model's own options, such as `width`.
  public var options: [String: Double]
  /// Where its weights come from.
  public var source: Source
  /// The test accuracy in [0, 1] below which a teacher is refused.
  public var expectedAccuracy: Double?

  /// A model with the given weights.
  public init(
    model: String, options: [String: Double] = [:], source: Source = .untrained,
    expectedAccuracy: Double? = nil
  ) {
    (self.model, self.options) = (model, options)
    (self.source, self.expectedAccuracy) = (source, expectedAccuracy)
  }
}
