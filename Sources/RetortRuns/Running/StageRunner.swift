import Glibc
import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortNN
import RetortRecipes
import RetortTraining

/// Runs one stage: builds its models, prepares tables, trains, evaluates, writes.
struct StageRunner {
  let stage: StageSpec
  let parent: RecipeRunner
  let home: RunFolder
  private(set) var data: StageData
  /// The frozen teachers, in the order of the recipe.
  private(set) var teachers: [(teacher: StageSpec.Teacher, model: StageModel)] = []
  /// The other frozen models, by role.
  private(set) var models: [Cast.Role: StageModel] = [:]
  /// The models that learn, in the order of the scheme.
  var pupils: [Pupil] = []
  /// Examples that the teacher labels before training, in each step, and in each more whose search does not rest.
  var teacherEvaluations = (before: 0, perStep: 0, perSearch: 0)
  /// What TensorBoard reads, while the stage runs.
  var events: EventLog?
  /// What draws a generator's samples, once it has been compiled.
  private var generatorSamples: GeneratorSamples?
  /// The pupils' latest test metrics, and the steps done before them, by name.
  var tested: [String: (step: Int, metrics: TestMetrics)] = [:]
  /// The time that earlier sessions of a resumed stage took to train.
  var earlierSeconds = 0.0

  var session: Session { parent.session }
  var classes: Int { data.training.classCount }
  /// Optimizer steps of the whole stage.
  var steps: Int { stage.train.steps(examples: data.training.count) }

  init(_ stage: StageSpec, _ parent: RecipeRunner) throws {
    (self.stage, self.parent, home) = (stage, parent, parent.home(of: stage))
    data = try StageData(
      stage.data, seed: parent.recipe.seed, parent.datasets,
      isRehearsal: parent.session.backend is MemoryMeter)
    if !data.test.isLabelled, let teacher = stage.teachers.first {
      let names = try classNames(of: teacher.spec)
      data.take(classNames: names)
    }
    data = try dataInClassOrder()
    guard steps <= TrainSpec.stepLimit else {
      throw RunError.tooManySteps(stage: stage.name, steps: steps, limit: TrainSpec.stepLimit)
    }
    let trainees = stage.trainees
    for trainee in trainees {
      let averaging = (trainee.spec.optimizer ?? stage.optimizer).averaging
      guard let averaging, averaging.from >= steps else { continue }
      throw RunError.lateAverage(stage: stage.name, from: averaging.from, steps: steps)
    }
    // Teachers come before the students, whose adapters they decide on.
    for part in stage.models
    where !trainees.contains(where: { $0.role == part.role && $0.name == part.name }) {
      let isNamed = part.role == .teacher && stage.namesTeachers
      let model = try stageModel(
        isNamed ? "teacher \(part.name)" : part.name, part.role, part.spec, isFrozen: true,
        seed: parent.recipe.seed)
      if part.role == .teacher {
        teachers.append((stage.teachers[part.place], model))
      } else {
        models[part.role] = model
      }
    }
    for (index, trainee) in trainees.enumerated() {
      // Students of one model would otherwise begin alike, and have nothing to learn from each other.
      let seed = parent.recipe.seed &+ (trainee.role == .student ? UInt64(index) &* 0x9E37_79B9 : 0)
      let model = try stageModel(
        trainee.name, trainee.role, trainee.spec, isFrozen: false, seed: seed)
      pupils.append(Pupil(trainee: trainee, model: model, isAlone: trainees.count == 1))
    }
    guard !pupils.isEmpty else { throw RunError.nothingToTrain(stage: stage.name) }
    guard stage.train.correctsClassifiers else { return }
    for pupil in pupils where pupil.classifies {
      let layer = pupil.model.store.classifier(of: classes)
      guard layer?.bias == nil || layer?.weight.role == .fixed else { continue }
      throw RunError.noLinearClassifier(stage: stage.name, model: pupil.model.spec.usualName)
    }
  }

  /// Compiles the step and leaves the pupils' first weights to later stages.
  mutating func compile() throws {
    _ = try program()
    try leave()
  }

  /// Compiles all that a run compiles, with as much alive at a time.
  mutating func rehearse() throws {
    for (_, model) in teachers { _ = try logits(model, for: data.test) }
    if teachers.count > 1, stage.measuresMean { _ = try combinedLogits(of: data.test) }
    let program = try program()
    try withExtendedLifetime(program) {
      _ = try validate(after: 0)
      _ = try samples()
      for pupil in pupils where pupil.classifies {
        let outputs = try logits(pupil.model, for: data.test)
        if data.outputs == .vectors {
          _ = try TestMetrics(.vectors, outputs, of: data.test, in: session)
        }
        _ = try pupil.model.exits(on: data, classes: classes, in: session)
      }
      for pupil in pupils { _ = try explore(pupil, parents: 256, shown: 1) }
    }
    try leave()
  }

  /// What draws the samples of a generator that is trained; nil where none is.
  mutating func samples() throws -> GeneratorSamples? {
    guard
      let decoder = pupils.lazy.compactMap({ $0.model.store.model as? any LatentDecoder }).first
    else { return nil }
    if generatorSamples == nil {
      generatorSamples = try GeneratorSamples(
        decoder, session, try pictures(min(10, data.training.count)), seed: parent.recipe.seed)
    }
    return generatorSamples
  }

  /// The logits of a classifier for examples, `[examples, classes]`, or the vectors of their parts, flat.
  ///
  /// - Throws: `NonFiniteOutput`, `GraphError`, or the device's errors.
  func logits(_ model: StageModel, for examples: any Dataset) throws -> [Float] {
    try Inference(session, model.store, pipeline: data.examples.pipeline()).outputs(examples)[0]
  }

  /// What makes the training batches.
  var loader: BatchLoader {
    BatchLoader(
      dataset: data.training, pipeline: data.examples.pipeline(stage.augment),
      seed: parent.recipe.seed, views: stage.scheme.views(students: stage.students.count))
  }

  /// The first `count` training examples as pictures in memory.
  ///
  /// - Throws: `RunError.noPictures` where they are none, `DataError` for one that cannot be read.
  func pictures(_ count: Int) throws -> ImageDataset {
    guard case .image(let size) = data.examples else {
      throw RunError.noPictures(stage: stage.name, dataset: stage.data.name)
    }
    let examples = data.training
    var images = [UInt8](repeating: 0, count: count * size.count)
    try images.withUnsafeMutableBytes { try examples.write(0..<count, field: 0, into: $0) }
    return ImageDataset(
      name: examples.name, images: images, labels: Array(examples.labels[..<count]),
      height: size.height, width: size.width, channels: size.channels,
      classNames: examples.classNames)
  }

  /// How a pupil learns, with what its scheme keeps of it.
  func learner(_ pupil: Pupil, keeping kept: [Variable]) -> Learner {
    let optimizer = pupil.trainee.spec.optimizer ?? stage.optimizer
    return Learner(
      pupil.model.store, optimizer.state(for: pupil.model.store, parent.recipe.compute),
      learningRate: optimizer.rule.learningRate,
      schedule: optimizer.schedule.schedule(steps: steps), kept: kept)
  }

  /// Leaves the pupils' weights to later stages.
  private func leave() throws {
    parent.trained[stage.name] = try pupils.map {
      TrainedModel(
        name: $0.name, role: $0.trainee.role, spec: $0.model.spec,
        weights: try $0.model.weights(in: session), tokenizer: data.tokenizer,
        classNames: data.training.classNames)
    }
  }

  mutating func run() throws -> StageResult {
    let clock = ContinuousClock()
    let began = clock.now
    for note in data.notes where parent.datasets.told.insert(note).inserted {
      parent.report(.dataNoted(note))
    }
    try labelByTeacher()
    let taught = try teacherScores()
    noteYoungStatistics()
    try noteWeakGenerator()
    parent.report(
      .stageBegan(
        name: stage.name, learners: pupils.map(\.title), steps: steps,
        examples: data.training.count))
    let program = try program()
    parent.report(
      .compiled(
        launches: program.launchCount, byteCount: program.byteCount,
        seconds: (clock.now - began).seconds))
    try parent.takeFolder()
    try home.make()
    let state = try train(program)
    let seconds = (clock.now - began).seconds + earlierSeconds
    return try withAverages(program.learners[...]) {
      try conclude(program.learners, taught, state, seconds)
    }
  }

  /// Says so where a training is too short for running statistics, by which a model is measured and used.
  private func noteYoungStatistics() {
    for pupil in pupils {
      var momentum: Float = 1
      pupil.model.store.model.walk { module, _ in
        if let norm = module as? BatchNorm { momentum = min(momentum, norm.momentum) }
      }
      let share = pow(1 - Double(momentum), Double(steps))
      // With the usual momentum of 0.1 only trainings of less than 44 steps are so short.
      guard pupil.model.spec.source == .untrained, momentum < 0.1, share > 0.01 else { continue }
      parent.report(
        .dataNoted(
          "the batch norms of the \(pupil.title) move their running statistics by \(momentum) a step: after "
            + "\(steps) steps \(Int((100 * share).rounded())) % of what they began with is left, so that it "
            + "may do far worse than in training; train longer, or take a model whose batch norms follow faster"
        ))
    }
  }

  /// Gives the examples that are measured on the teacher's labels where they have none.
  private mutating func labelByTeacher() throws {
    guard !data.test.isLabelled, !teachers.isEmpty else { return }
    var labelled = data
    try labelled.label { examples in
      let logits = try named("test") { try combinedLogits(of: examples) }
      return ClassificationMetrics(logits: logits, labels: examples.labels, classes: classes)
        .predictions
    }
    data = labelled
    parent.report(
      .dataNoted(
        "the examples of stage '\(stage.name)' have no labels: accuracies are how often a model says what the "
          + "teacher says"))
  }

  /// Calls `body`, for which learners have the means of their weights where these are kept.
  func withAverages<Result>(
    _ learners: ArraySlice<Learner>, _ body: () throws -> Result
  ) rethrows -> Result {
    guard let first = learners.first else { return try body() }
    return try first.store.withParameters(in: first.optimizer.average) {
      try withAverages(learners.dropFirst(), body)
    }
  }

  /// Measures and keeps what has been trained.
  private mutating func conclude(
    _ learners: [Learner], _ taught: TeacherScores, _ state: TrainingState, _ seconds: Double
  ) throws -> StageResult {
    let measured = try measure(learners, state)
    var results: [StageResult.Learner] = []
    for (pupil, found) in zip(pupils, measured) {
      try pupil.model.write(
        to: home.file(pupil.trainee.folder), session: session,
        classNames: data.outputs == .logits ? data.training.classNames : [], data: data,
        recipeSHA256: parent.recipe.sha256, parent.report)
      if let metrics = found.kept?.classification { try write(metrics, of: pupil) }
      var score = try score(pupil.model, found.kept)
      score.exits = try pupil.model.exits(on: data, classes: classes, in: session)
      let agreement = taught.asOne?.metrics.flatMap { teacher in
        found.kept.map { $0.agreement(with: teacher) }
      }
      try log(score, agreement: agreement, of: pupil, after: state.step)
      results.append(
        .init(
          name: pupil.name, role: pupil.trainee.role, score: score, last: found.last,
          best: found.best, agreement: agreement))
    }
    if let picture = try logSamples(step: state.step) {
      try picture.write(to: home.file("samples.png"))
    }
    for pupil in pupils {
      guard let report = try explore(pupil, parents: 256, shown: 10) else { continue }
      try write(report, of: pupil, step: state.step)
    }
    try leave()
    return StageResult(
      stage: stage.name, learners: results, kept: stage.train.kept, validation: state.validation,
      teacher: taught.asOne?.score, teachers: taught.each, steps: state.step,
      labelledExamples: usesLabels ? data.training.count : 0,
      teacherEvaluations: evaluations(after: state.step),
      seconds: seconds,
      losses: Dictionary(state.losses.map { ($0.name, $0.value) }) { a, _ in a })
  }

  /// Whether it learns from classes or pairs, and not from others alone.
  private var usesLabels: Bool {
    stage.losses.contains { type(of: $0.loss).needsLabels || $0.loss is ContrastiveLoss }
  }

  /// What a model costs, with its test metrics.
  func score(
    _ model: StageModel, _ metrics: TestMetrics?
  ) throws -> StageResult.Score {
    let cost = try model.cost(of: data.examples)
    return .init(metrics, parameters: cost.parameters, macs: cost.multiplyAccumulates)
  }
}
