import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// The compiled step of the stage.
  mutating func program() throws -> StepProgram {
    let learners = pupils.map(learner)
    return try StepProgram(
      session, learners, batch: stage.train.batch, loader: loader, seed: parent.recipe.seed,
      scheme: stage.scheme.scheme(try cast()))
  }

  /// The mean of what a generator minimises over examples, in evaluation mode and with every code at its
  /// mean, so that it is the same at each call.
  func variationalLoss(_ generator: any Generator, over examples: any Dataset) throws -> Double {
    let losses = stage.losses.compactMap { $0.loss as? VariationalLoss }
    let rows = try Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
      graph, example in
      let context = ForwardContext(graph, .evaluation)
      return generator.using(context) { losses.map { $0.rows(generator, example.x) } }
    }.outputs(examples)
    return rows.joined().reduce(0) { $0 + Double($1) } / Double(max(1, examples.count))
  }

  /// Who takes part, with what is looked up and sought.
  private mutating func cast() throws -> Cast {
    let scheme = type(of: stage.scheme)
    func store(_ role: Cast.Role) -> ParameterStore? {
      pupils.first { $0.trainee.role == role }?.player.store
    }
    var cast = Cast(
      students: pupils.filter(\.classifies).map(\.player.store), generator: store(.generator),
      discriminator: store(.discriminator), losses: stage.losses)
    if stage.trainsGenerator {
      let model = cast.generator?.model
      guard scheme.takesLosses ? model is any Generator : model is any LatentDecoder else {
        throw RunError.notAGenerator(stage: stage.name, model: stage.generator?.model ?? "")
      }
    }
    let isTaught = stage.losses.contains { type(of: $0.loss).needsTeacher }
    guard isTaught, scheme.helpers.contains(.teacher), let teacher = players[.teacher] else {
      return cast
    }
    cast.teacher = teacher.store
    let isFixed = stage.augment == .none
    // Logits are looked up where they are all that is compared; features take more room than there is.
    if isFixed, stage.losses.allSatisfy(\.loss.taps.isEmpty) {
      cast.tables.logits = try logitTable(teacher)
      teacherEvaluations.before += data.training.count
    } else {
      teacherEvaluations.perStep += stage.train.batch
    }
    if let exploration = stage.explore, let first = cast.students.first {
      cast.explorer = try explorer(exploration, teacher, first, &cast.tables, isFixed)
      let searches = exploration.kind.usesGradient ? cast.students.count : 1
      teacherEvaluations.perStep +=
        searches * exploration.teacherEvaluations(batch: stage.train.batch)
    }
    return cast
  }

  func explorer(
    _ exploration: Exploration, _ teacher: Player, _ student: ParameterStore,
    _ tables: inout OfflineDistillation.Tables, _ isFixed: Bool
  ) throws -> Explorer {
    var generator = players[.generator]?.store.model as? any LatentDecoder
    if !exploration.kind.needsGenerator { generator = nil }
    var statistics: LatentStatistics?
    if exploration.kind.needsEncoder, let player = players[.generator] {
      guard let model = player.store.model as? any Generator else {
        throw RunError.notAGenerator(stage: stage.name, model: player.spec.model)
      }
      let source = OutputTables.Source(model: stage.generator, data: stage.data)
      let codes = try parent.tables.codes.value(of: source) { try self.codes(of: model) }
      statistics = codes.statistics
      if isFixed {
        let table = try parent.tables.codeTables.value(of: source) {
          try frozen("latent codes", codes.values)
        }
        tables.codes = (table, codes.size)
      }
    }
    return Explorer(
      exploration, labeler: teacher.store.model, student: student.model,
      generator: generator, statistics: statistics, compute: parent.recipe.compute)
  }

  /// The latent codes of every training example.
  private func codes(of model: any Generator) throws -> OutputTables.Codes {
    let size = model.latentShape.count
    let encode = Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
      graph, example in
      let context = ForwardContext(graph, .evaluation)
      return [model.using(context) { model.encode(example.x).mean }]
    }
    let codes = try named("training") { try encode.outputs(data.training)[0] }
    return .init(values: codes, size: size, statistics: LatentStatistics(codes: codes, size: size))
  }

  /// The teacher's logits of every training example, on the device.
  private func logitTable(_ teacher: Player) throws -> (Variable, Int) {
    let source = OutputTables.Source(model: stage.teacher, data: stage.data)
    let table = try parent.tables.logits.value(of: source) {
      try frozen("teacher logits", named("training") { try logits(teacher, for: data.training) })
    }
    return (table, classes)
  }

  /// Values on the device that no step changes.
  private func frozen(_ name: String, _ values: [Float]) throws -> Variable {
    let variable = Variable(name: name, count: values.count, isFrozen: true)
    try session.write(values, to: variable)
    return variable
  }
}
