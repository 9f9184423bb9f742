import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortNN
import RetortRecipes
import RetortTraining

/// Runs one stage: builds its players, prepares tables, trains, evaluates, writes.
struct StageRunner {
  let stage: StageSpec
  let parent: RecipeRunner
  let home: RunFolder
  let data: StageData
  var players: [StageSpec.Player: Player] = [:]
  /// Examples that the teacher labels before training, and in each step.
  var teacherEvaluations = (before: 0, perStep: 0)
  /// What TensorBoard reads, while the stage runs.
  var events: EventLog?
  /// What draws a generator's samples, once it has been compiled.
  private var generatorSamples: GeneratorSamples?
  /// The learner's latest test metrics, and the steps done before them.
  var tested: (step: Int, metrics: ClassificationMetrics)?
  /// The time that earlier sessions of a resumed stage took to train.
  var earlierSeconds = 0.0

  var session: Session { parent.session }
  var classes: Int { data.training.classCount }
  /// Optimizer steps of the whole stage.
  var steps: Int { stage.train.steps(examples: data.training.count) }

  init(_ stage: StageSpec, _ parent: RecipeRunner) throws {
    (self.stage, self.parent, home) = (stage, parent, parent.home(of: stage))
    data = try StageData(stage.data, seed: parent.recipe.seed, parent.datasets)
    guard steps <= TrainSpec.stepLimit else {
      throw RunError.tooManySteps(stage: stage.name, steps: steps, limit: TrainSpec.stepLimit)
    }
    if let averaging = stage.optimizer.averaging, averaging.from >= steps {
      throw RunError.lateAverage(stage: stage.name, from: averaging.from, steps: steps)
    }
    // The teacher comes before the student, whose adapters it decides on.
    for (role, spec) in stage.players { players[role] = try player(role, spec) }
  }

  private func player(_ role: StageSpec.Player, _ spec: PlayerSpec) throws -> Player {
    let (spec, weights) = try resolved(spec, as: role)
    return try Player(
      spec, name: role.rawValue, isFrozen: role != stage.trained, examples: data.examples,
      classes: classes,
      session: session, seed: parent.recipe.seed, weights: weights,
      adapting: { model in
        guard role == .student, let teacher = players[.teacher] else { return model }
        return try AdaptedModel.adapting(
          model, to: teacher.store, stage.losses,
          examples: data.examples)
      })
  }

  /// The model that a spec means, with its weights; nil for fresh ones.
  private func resolved(
    _ spec: PlayerSpec, as role: StageSpec.Player
  ) throws -> (PlayerSpec, [NamedWeights]?) {
    var spec = spec
    var weights: [NamedWeights]?
    for index in spec.members.indices {
      let name = spec.members[index].name
      let (member, own) = try resolved(spec.members[index].spec, as: role)
      spec.members[index].spec = member
      weights =
        (weights ?? [])
        + (own ?? []).map {
          NamedWeights(name: "\(name).\($0.name)", shape: $0.shape, values: $0.values)
        }
    }
    if case .stage(let name) = spec.source {
      guard let earlier = parent.trained[name] else {
        throw RunError.missingStage(name, neededBy: stage.name)
      }
      try checkTokens(earlier.tokenizer, of: role, from: "stage '\(name)'")
      (spec.model, spec.options, weights) = (
        earlier.spec.model, earlier.spec.options, earlier.weights
      )
    }
    if case .file(let path) = spec.source {
      let file = try ModelLocation.weights(path, for: role)
      let stored = try Safetensors.read(file).weights()
      let found = try StoredConfiguration(beside: file)
      try found?.tokenizer().map { try checkTokens($0, of: role, from: file) }
      if let other = found?.difference(from: spec, reading: data.examples) {
        throw RunError.otherModel(
          stage: stage.name, player: role.rawValue, file: file, entry: other.name,
          stored: other.stored, given: other.given)
      }
      weights = try spec.unwrapped(
        stored, of: role.rawValue, data.examples, classes: classes, parent.report)
      for option in try spec.assumptions where found == nil {
        parent.report(.optionAssumed(player: role.rawValue, model: spec.model, option))
      }
    }
    return (spec, weights)
  }

  /// Makes sure that weights were trained on the tokens that the stage's data have.
  private func checkTokens(
    _ tokenizer: WordPiece?, of role: StageSpec.Player, from source: String
  ) throws(RunError) {
    guard tokenizer != data.tokenizer else { return }
    throw .otherTokens(stage: stage.name, player: role.rawValue, source: source)
  }

  /// Compiles the step and leaves the learner's first weights to later stages.
  mutating func compile() throws {
    let learner = try learner()
    _ = try program(self.learner(of: learner))
    try leave(learner)
  }

  /// Compiles all that a run compiles, with as much alive at a time.
  mutating func rehearse() throws {
    let learner = try learner()
    if stage.trained == .student, let teacher = players[.teacher] { _ = try outputs(teacher) }
    let program = try program(self.learner(of: learner))
    try withExtendedLifetime(program) {
      _ = try validate(learner, after: 0)
      if try samples(learner) == nil { _ = try outputs(learner) }
      _ = try explore(parents: 256, shown: 1)
    }
    try leave(learner)
  }

  /// What draws the samples of a learner that is a generator; nil for others.
  mutating func samples(_ learner: Player) throws -> GeneratorSamples? {
    guard let generator = learner.store.model as? any Generator else { return nil }
    if generatorSamples == nil {
      generatorSamples = try GeneratorSamples(
        generator, session, try pictures(data.training), seed: parent.recipe.seed)
    }
    return generatorSamples
  }

  /// A player's outputs for the test examples.
  private func outputs(_ player: Player) throws -> [Float] {
    try Inference(session, player.store, pipeline: data.examples.pipeline()).outputs(data.test)[0]
  }

  /// What makes the training batches.
  var loader: BatchLoader {
    BatchLoader(
      dataset: data.training, pipeline: data.examples.pipeline(stage.augment),
      seed: parent.recipe.seed)
  }

  /// The examples as pictures.
  ///
  /// - Throws: `RunError.noPictures` where they are none.
  func pictures(_ examples: any Dataset) throws(RunError) -> ImageDataset {
    guard let pictures = examples as? ImageDataset else {
      throw .noPictures(stage: stage.name, dataset: stage.data.name)
    }
    return pictures
  }

  /// How a player learns.
  private func learner(of player: Player) -> Learner {
    Learner(
      player.store, stage.optimizer.state(for: player.store, parent.recipe.compute),
      learningRate: stage.optimizer.rule.learningRate,
      schedule: stage.optimizer.schedule.schedule(steps: steps))
  }

  private func learner() throws(RunError) -> Player {
    guard let learner = players[stage.trained] else {
      throw .missingStage(stage.trained.rawValue, neededBy: stage.name)
    }
    return learner
  }

  private func leave(_ learner: Player) throws {
    parent.trained[stage.name] = (
      learner.spec, try learner.weights(in: session), data.tokenizer
    )
  }

  mutating func run() throws -> StageResult {
    let clock = ContinuousClock()
    let began = clock.now
    let learner = try learner()
    let teacher = try teacherScore()
    parent.report(
      .stageBegan(
        name: stage.name, player: stage.trained, steps: steps, examples: data.training.count))
    let training = self.learner(of: learner)
    let program = try program(training)
    parent.report(
      .compiled(
        launches: program.launchCount, byteCount: program.byteCount,
        seconds: (clock.now - began).seconds))
    try parent.takeFolder()
    try home.make()
    let state = try train(learner, program)
    let seconds = (clock.now - began).seconds + earlierSeconds
    return try learner.store.withParameters(in: training.optimizer.average) {
      try conclude(learner, program.learners, teacher, state, seconds)
    }
  }

  /// Measures and keeps what has been trained.
  private mutating func conclude(
    _ learner: Player, _ learners: [Learner], _ teacher: Evaluation?,
    _ state: TrainingState, _ seconds: Double
  ) throws -> StageResult {
    let (last, best, metrics) = try measure(learner, learners, state)
    try learner.write(
      to: home.file(stage.trained.rawValue), session: session,
      classNames: data.training.classNames, data: data, recipeSHA256: parent.recipe.sha256)
    if let metrics { try write(metrics) }
    if let picture = try logSamples(learner, step: state.step) {
      try picture.write(to: home.file("samples.png"))
    }
    let score = try score(learner, metrics)
    let agreement = teacher.flatMap { teacher in
      metrics.flatMap { own in teacher.metrics.map { own.agreement(with: $0) } }
    }
    try log(score, agreement: agreement, after: state.step)
    if let report = try explore(parents: 256, shown: 10) { try write(report, step: state.step) }
    try leave(learner)
    return StageResult(
      stage: stage.name, player: stage.trained, trained: score, kept: stage.train.kept,
      last: last, best: best, teacher: teacher?.score, agreement: agreement, steps: state.step,
      labelledExamples: usesLabels ? data.training.count : 0,
      teacherEvaluations: teacherEvaluations.before + teacherEvaluations.perStep * state.step,
      seconds: seconds,
      losses: Dictionary(state.losses.map { ($0.name, $0.value) }) { a, _ in a })
  }

  private var usesLabels: Bool {
    stage.losses.contains { $0.loss is CrossEntropyLoss }
  }

  /// What a player came to on the test set.
  typealias Evaluation = (score: StageResult.Score, metrics: ClassificationMetrics?)

  /// The teacher's score, measured before it is used.
  private func teacherScore() throws -> Evaluation? {
    guard stage.trained == .student, let teacher = players[.teacher] else { return nil }
    let score: Evaluation
    if case .stage(let source)? = stage.teacher?.source, let known = parent.teacherScores[source] {
      score = known
    } else {
      score = try evaluate(teacher)
      if case .stage(let source)? = stage.teacher?.source { parent.teacherScores[source] = score }
    }
    let accuracy = score.score.accuracy ?? 0
    parent.report(.teacherChecked(accuracy: accuracy))
    if let expected = teacher.spec.expectedAccuracy, accuracy < expected {
      throw RunError.weakTeacher(stage: stage.name, accuracy: accuracy, expected: expected)
    }
    return score
  }

  /// Cost and, for classifiers, test metrics of a player.
  private func evaluate(_ player: Player) throws -> Evaluation {
    let metrics =
      player.store.model is any Generator ? nil : try metrics(player, on: data.test, split: "test")
    return (try score(player, metrics), metrics)
  }

  /// What a player costs, with its test metrics.
  private func score(
    _ player: Player, _ metrics: ClassificationMetrics?
  ) throws -> StageResult.Score {
    let cost = try player.cost(of: data.examples)
    return .init(
      accuracy: metrics?.accuracy, nll: metrics?.nll, ece: metrics?.ece,
      parameters: cost.parameters, macs: cost.multiplyAccumulates)
  }
}
