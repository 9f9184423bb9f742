import RetortData
import RetortDistillation
import RetortSchema

/// One training: of a student, a generator or a teacher.
public struct StageSpec: Equatable, Sendable {
  /// Whose weights a stage changes.
  public enum Player: String, CaseIterable, Sendable {
    case student, generator, teacher
  }

  /// Unique in its recipe; variants are called `stage/variant`.
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
  public var losses: [NamedLoss]
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
    name: String = "", data: DataSpec = DataSpec(), teacher: PlayerSpec? = nil,
    generator: PlayerSpec? = nil, student: PlayerSpec? = nil,
    losses: [NamedLoss] = [NamedLoss()], explore: Exploration? = nil,
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

  /// The models that take part, by role.
  package var players: [(role: Player, spec: PlayerSpec)] {
    let all: [(Player, PlayerSpec?)] = [
      (.teacher, teacher), (.generator, generator), (.student, student),
    ]
    return all.compactMap { role, spec in spec.map { (role, $0) } }
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

extension StageSpec: Configurable {
  /// All defaults, and nothing to train.
  public init() { self.init(name: "") }

  /// The keys of a stage besides its name.
  public static let keys: [Key<StageSpec>] = [
    .map("data", \.data, "which examples it learns from"),
    .player(.teacher, \.teacher, "labels examples; trained where nothing else is to be trained"),
    .player(.generator, \.generator, "turns examples into codes and codes into examples"),
    .player(.student, \.student, "learns from the others"),
    .list("losses", \.givenLosses, "what is minimised, in order"),
    .map("explore", \.explore, "how new examples are sought"),
    .map("augment", \.augment, "what is done to examples on the way in"),
    .map("optimizer", \.optimizer, "how parameters follow gradients"),
    .map("train", \.train, "how long, in what batches"),
    .map("checkpoints", \.checkpoints, "how often the state is kept"),
  ]

  static let keyNames = keys.map(\.name)

  /// The losses that a recipe names; what a stage has without them is decided once all else is known.
  private var givenLosses: [NamedLoss]? {
    get { losses.isEmpty ? nil : losses }
    set { losses = newValue ?? [] }
  }
}
