import RetortData
import RetortDistillation
import RetortSchema

/// One training: of students, of a generator, of a generator and a discriminator, or of a teacher.
public struct StageSpec: Equatable, Sendable {
  /// A student under its name.
  public struct Student: Equatable, Sendable {
    /// Unique in its stage.
    public var name: String
    /// The model.
    public var spec: ModelSpec

    /// A student called `name`.
    public init(_ name: String, _ spec: ModelSpec) { (self.name, self.spec) = (name, spec) }
  }

  /// A teacher with its name and weight.
  public struct Teacher: Equatable, Sendable {
    /// The name, unique among the teachers of the stage.
    public var name: String
    /// The model.
    public var spec: ModelSpec
    /// The weight in the mean of several, > 0; weights are divided by their sum.
    public var weight: Double

    /// A teacher called `name`.
    public init(_ name: String, _ spec: ModelSpec, weight: Double = 1) {
      (self.name, self.spec, self.weight) = (name, spec, weight)
    }
  }

  /// Unique in its recipe; variants are called `stage/variant`.
  public var name: String
  /// The examples.
  public var data: DataSpec
  /// Who learns when; nil for what the models make of it.
  public var givenScheme: SchemeSpec?
  /// The teachers, in order; one under `teacher` is trained if there is neither a student nor an untrained
  /// generator.
  public var teachers: [Teacher]
  /// The quantity that the mean of several teachers averages.
  public var combine: Ensemble.Mean = .probabilities
  /// What makes examples of codes; trained where there is no student and it has no weights.
  public var generator: ModelSpec?
  /// What tells examples of the data from those that are made.
  public var discriminator: ModelSpec?
  /// The models that learn from the others, in order.
  public var students: [Student]
  /// What is minimised, in order.
  public var losses: [NamedLoss]
  /// How new examples are sought.
  public var explore: Exploration?
  /// What is done to examples on the way in.
  public var augment: Augmentation
  /// The absolute path of the folder that keeps frozen models' outputs between runs; nil for none.
  public var cache: String?
  /// How teachers' outputs are kept in that folder.
  public var cacheFormat = CacheFormat.float32
  /// How many of the likeliest classes are kept of each, of that format.
  public var cacheClasses = 5
  /// Whether features of teachers that losses compare are computed once for all training examples.
  public var keepsFeatures = false
  /// How parameters follow gradients, of models that do not say it themselves.
  public var optimizer: OptimizerSpec
  /// How long, in what batches.
  public var train: TrainSpec
  /// How often the state is kept.
  public var checkpoints: CheckpointSpec

  /// A stage of the given parts.
  public init(
    name: String = "", data: DataSpec = DataSpec(), scheme: SchemeSpec? = nil,
    teachers: [Teacher] = [], generator: ModelSpec? = nil, discriminator: ModelSpec? = nil,
    students: [Student] = [], losses: [NamedLoss] = [NamedLoss()], explore: Exploration? = nil,
    augment: Augmentation = .none, optimizer: OptimizerSpec = OptimizerSpec(),
    train: TrainSpec = TrainSpec(), checkpoints: CheckpointSpec = CheckpointSpec()
  ) {
    (self.name, self.data, givenScheme, self.teachers) = (name, data, scheme, teachers)
    (self.generator, self.discriminator, self.students) = (generator, discriminator, students)
    (self.losses, self.explore, self.augment) = (losses, explore, augment)
    (self.optimizer, self.train, self.checkpoints) = (optimizer, train, checkpoints)
  }

  /// Who learns when.
  public var scheme: any NamedScheme {
    if let givenScheme { return givenScheme.kind }
    return students.isEmpty && generator?.source == .untrained ? Generative() : Offline()
  }
}

extension StageSpec: Configurable {
  /// All defaults, and nothing to train.
  public init() { self.init(name: "") }

  /// The keys of a stage besides its name.
  public static let keys: [Key<StageSpec>] =
    [
      .map("data", \.data, "which examples it learns from"),
      .map("scheme", \.givenScheme, "who learns when, if the models do not say it"),
    ]
    + .oneOf(
      .model(.teacher, \.teacher, "labels examples; trained where nothing else is to be trained"),
      .teachers("several models that label examples, as one, or each for losses that name it"))
    + [
      .choice(
        "combine", \.combine,
        "how several teachers answer as one; 'random' computes all and takes one in each step"
      )
      .only(
        where: { $0.teachers.count > 1 }, not: "one teacher", but: ["two 'teachers' or more"]),
      .model(.generator, \.generator, "turns codes into examples, and examples into codes"),
      .model(
        .discriminator, \.discriminator, "tells examples of the data from those that are made"),
    ]
    + .oneOf(
      .model(.student, \.student, "learns from the others"),
      .students("several models that learn, side by side or from each other"))
    + [
      .list("losses", \.givenLosses, "what is minimised, in order")
        .only(
          where: { type(of: $0.scheme).takesLosses }, not: "a scheme with losses of its own",
          but: ["another 'scheme'"]),
      .map("explore", \.explore, "how new examples are sought"),
      .map("augment", \.augment, "what is done to examples on the way in"),
      .bool(
        "keep-features", \.keepsFeatures,
        "whether features of teachers that losses compare are computed once for all training examples and kept in the "
          + "device's memory, instead of in each step"
      )
      .only(
        where: { stage in stage.teachers.contains { stage.hasFixedFeatures($0) } },
        not: "no features that are the same each time",
        but: [
          "losses on features of a teacher whose inputs are not augmented, or by repeated 'draws', other than 'overhaul' and 'jacobian'"
        ]
      )
      .omittedAtDefault(),
      .path("cache", \.cache, "a folder that keeps frozen models' outputs for training examples")
        .only(
          where: \.looksUpOutputs, not: "no outputs of a frozen model that are looked up",
          but: [
            "a teacher of students whose inputs are not augmented, or by repeated 'draws', and whose losses compare outputs, or features with "
              + "'keep-features'"
          ]),
      .choice("cache-format", \.cacheFormat, "how teachers' outputs are kept there")
        .only(
          where: { $0.cache != nil && $0.looksUpOutputs }, not: "no 'cache'", but: ["'cache'"]),
      .int(
        "cache-classes", \.cacheClasses, 1...65536, "k, how many of the likeliest classes are kept"
      )
      .only(with: "cache-format", [CacheFormat.topClasses.rawValue]),
      .map("optimizer", \.optimizer, "how parameters follow gradients"),
      .map("train", \.train, "how long, in what batches"),
      .map("checkpoints", \.checkpoints, "how often the state is kept"),
    ]

  static let keyNames = keys.map(\.name)

  /// The student of a stage that has one and gives it no name.
  public var student: ModelSpec? {
    get { students.count == 1 && students[0].name == Self.studentName ? students[0].spec : nil }
    set { students = newValue.map { [Student(Self.studentName, $0)] } ?? [] }
  }

  /// The teacher under `teacher`; nil if there is none or the stage lists teachers.
  public var teacher: ModelSpec? {
    get { teachers.count == 1 && teachers[0].name == Self.teacherName ? teachers[0].spec : nil }
    set { teachers = newValue.map { [Teacher(Self.teacherName, $0)] } ?? [] }
  }

  /// The names of a student and a teacher without one.
  private static let studentName = Cast.Role.student.rawValue
  private static let teacherName = Cast.Role.teacher.rawValue

  /// The losses that a recipe names; what a stage has without them is decided once all else is known.
  private var givenLosses: [NamedLoss]? {
    get { losses.isEmpty ? nil : losses }
    set { losses = newValue ?? [] }
  }
}
