import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortRecipes
import RetortTraining

extension StageRunner {
  /// The compiled step of the stage.
  mutating func program() throws -> StepProgram {
    let scheme = stage.scheme.scheme(try cast())
    let learners = pupils.map { learner($0, keeping: scheme.kept(of: $0.name)) }
    return try StepProgram(
      session, learners, batch: stage.train.batch, loader: loader, seed: parent.recipe.seed,
      steps: steps, scheme: scheme)
  }

  /// The mean of what a generator minimises over examples, in evaluation mode and with every code at its
  /// mean, so that it is the same at each call.
  func generatorLoss(_ generator: any Generator, over examples: any Dataset) throws -> Double {
    let losses = stage.losses.compactMap { $0.loss as? any GeneratorLoss }
    let rows = try Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
      graph, example in
      let context = ForwardContext(graph, .evaluation)
      return generator.using(context) { losses.map { $0.rows(generator, example.x) } }
    }.outputs(examples)
    return rows.joined().reduce(0) { $0 + Double($1) } / Double(max(1, examples.count))
  }

  /// The mean over tokens of what a generator of texts minimises, in evaluation mode, with the damage of a first step,
  /// so that it is the same at each call.
  func denoisingLoss(_ generator: any TextGenerator, over examples: any Dataset) throws -> Double {
    try stage.losses.compactMap { $0.loss as? DenoisingLoss }.reduce(0) { total, loss in
      let found = try Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
        graph, example in
        let parts = data.training.parts
        return generator.using(ForwardContext(graph, .evaluation)) {
          let sums = loss.sums(
            generator, example, state: graph.constant([0, 0, 0] as [Int32], [3]), stream: 0)
          return [sums.nats, sums.tokens].map { $0.reshape([-1, parts]) }
        }
      }.outputs(examples)
      let (nats, tokens) = (
        found[0].reduce(0) { $0 + Double($1) }, found[1].reduce(0) { $0 + Double($1) }
      )
      return total + loss.weight * nats / max(1, tokens)
    }
  }

  /// Who takes part, with what is looked up and sought.
  private mutating func cast() throws -> Cast {
    let scheme = type(of: stage.scheme)
    func store(_ role: Cast.Role) -> ParameterStore? {
      pupils.first { $0.trainee.role == role }?.model.store
    }
    var cast = Cast(
      students: pupils.filter(\.classifies).map(\.model.store), generator: store(.generator),
      discriminator: store(.discriminator), losses: stage.losses, steps: steps,
      stepsPerEpoch: (data.training.count + stage.train.batch - 1) / stage.train.batch)
    if stage.generator != nil, data.tokenizer?.framesTexts == false {
      throw RunError.unframedTexts(stage: stage.name)
    }
    if stage.trainsGenerator {
      let model = cast.generator?.model
      let wanted = data.examples.areTexts ? model is any TextGenerator : model is any Generator
      guard scheme.takesLosses ? wanted : model is any LatentDecoder else {
        throw RunError.notAGenerator(stage: stage.name, model: stage.generator?.model ?? "")
      }
    }
    let isTaught = stage.losses.contains { type(of: $0.loss).needsTeacher }
    guard isTaught, scheme.helpers.contains(.teacher), !teachers.isEmpty else { return cast }
    let isFixed = stage.augment.isFixed
    var evaluations = (before: 0, perStep: 0, perSearch: 0)
    let labelers = try teachers.map { teacher, model -> any Labeler in
      guard stage.asks(teacher) else { return model.store }
      // Logits are looked up where they are all that is compared, and features where the recipe says that there is room.
      let keepsFeatures = stage.keepsFeatures && stage.hasFixedFeatures(teacher)
      guard isFixed, !stage.taps(teacher) || keepsFeatures else {
        evaluations.perStep += stage.train.batch
        return model.store
      }
      let (table, asked) = try logitTable(teacher, model)
      evaluations.before += asked
      return table
    }
    cast.teacher = asOne(labelers)
    if let exploration = stage.explore, let labeler = cast.teacher, let first = cast.students.first
    {
      cast.explorer = try explorer(exploration, labeler, first)
      if stage.augment == .none { cast.codes = try codeTable(for: exploration) }
      // Of variants that are kept the teacher has been asked.
      let resting =
        exploration.variants == nil ? explorationEvaluations(exploration.resting) : 0
      evaluations.perStep += resting
      evaluations.perSearch = explorationEvaluations(exploration) - resting
    }
    teacherEvaluations = evaluations
    return cast
  }

  /// The examples that the teacher has labelled after `done` steps.
  func evaluations(after done: Int) -> Int {
    let searches = stage.explore?.searches(of: done, in: steps) ?? done
    return teacherEvaluations.before + teacherEvaluations.perStep * done
      + teacherEvaluations.perSearch * searches
  }

  /// The teacher evaluations of one step on generated examples, summed over teachers.
  private func explorationEvaluations(_ exploration: Exploration) -> Int {
    let batch = stage.train.batch
    let generated = exploration.generatedCount(batch: batch)
    let onTheWay = exploration.teacherEvaluations(batch: batch) - generated
    let named = Set(
      stage.losses.filter { type(of: $0.loss).needsTeacher }.map { $0.teacher })
    let labelling = named.contains(nil) ? teachers.count : named.count
    let searches = exploration.followsStudent ? pupils.filter(\.classifies).count : 1
    return searches * (onTheWay * teachers.count + generated * labelling)
  }

  func explorer(
    _ exploration: Exploration, _ labeler: any Labeler, _ student: ParameterStore
  ) throws -> Explorer {
    var generator = models[.generator]?.store.model as? any LatentDecoder
    if !exploration.kind.needsGenerator { generator = nil }
    var explorer = Explorer(
      exploration, labeler: labeler, student: student.model, generator: generator,
      statistics: try codes(for: exploration)?.statistics, compute: parent.recipe.compute)
    if let writer = models[.generator]?.store.model as? any TextGenerator {
      explorer.texts = TextSearch(
        exploration, generator: writer, parts: data.training.parts)
    }
    return explorer
  }
}
