import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// The compiled step of the stage.
  mutating func program(_ learner: Learner) throws -> StepProgram {
    let scheme: any Scheme
    if stage.trained == .generator {
      guard learner.store.model is any Generator else {
        throw RunError.notAGenerator(stage: stage.name, model: stage.generator?.model ?? "")
      }
      scheme = GenerativeTraining(generator: learner.store, losses: stage.losses)
    } else {
      scheme = try distillation(learner.store)
    }
    return try StepProgram(
      session, [learner], batch: stage.train.batch, loader: loader, seed: parent.recipe.seed,
      scheme: scheme)
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

  /// Losses and exploration over the models of the stage.
  private mutating func distillation(_ student: ParameterStore) throws -> OfflineDistillation {
    let isTaught = stage.losses.contains { type(of: $0.loss).needsTeacher }
    let teacher = isTaught ? players[.teacher] : nil
    var tables = OfflineDistillation.Tables()
    let isFixed = stage.augment == .none
    // Logits are looked up where they are all that is compared; features take more room than there is.
    let isLookedUp = isFixed && stage.losses.allSatisfy(\.loss.taps.isEmpty)
    if let teacher {
      if isLookedUp {
        tables.logits = try logitTable(teacher)
        teacherEvaluations.before += data.training.count
      } else {
        teacherEvaluations.perStep += stage.train.batch
      }
    }
    var explorer: Explorer?
    if let exploration = stage.explore, let teacher {
      explorer = try self.explorer(exploration, teacher, student, &tables, isFixed)
      teacherEvaluations.perStep += exploration.teacherEvaluations(batch: stage.train.batch)
    }
    return OfflineDistillation(
      student: student, teacher: teacher?.store, losses: stage.losses, explorer: explorer,
      tables: tables)
  }

  func explorer(
    _ exploration: Exploration, _ teacher: Player, _ student: ParameterStore,
    _ tables: inout OfflineDistillation.Tables, _ isFixed: Bool
  ) throws -> Explorer {
    var generator: (any Generator)?
    var statistics: LatentStatistics?
    if exploration.kind.needsGenerator, let player = players[.generator] {
      guard let model = player.store.model as? any Generator else {
        throw RunError.notAGenerator(stage: stage.name, model: player.spec.model)
      }
      let size = model.latentShape.count
      let encode = Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
        graph, example in
        let context = ForwardContext(graph, .evaluation)
        return [model.using(context) { model.encode(example.x).mean }]
      }
      let codes = try named("training") { try encode.outputs(data.training)[0] }
      statistics = LatentStatistics(codes: codes, size: size)
      generator = model
      if isFixed {
        let table = Variable(name: "latent codes", count: codes.count, isFrozen: true)
        try session.write(codes, to: table)
        tables.codes = (table, size)
      }
    }
    return Explorer(
      exploration, labeler: teacher.store.model, student: student.model,
      generator: generator, statistics: statistics, compute: parent.recipe.compute)
  }

  /// The teacher's logits of every training example, on the device.
  private func logitTable(_ teacher: Player) throws -> (Variable, Int) {
    let logits = try named("training") {
      try Inference(session, teacher.store, pipeline: data.examples.pipeline())
        .outputs(data.training)[0]
    }
    let table = Variable(name: "teacher logits", count: logits.count, isFrozen: true)
    try session.write(logits, to: table)
    return (table, classes)
  }
}
