import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// The compiled step of the stage.
  mutating func program(_ learner: Player, _ optimizer: OptimizerState) throws -> StepProgram {
    let objective: (StepInputs) throws -> Objective
    if stage.trained == .generator {
      objective = try variationalObjective(learner)
    } else {
      let scheme = try distillation(learner)
      objective = { scheme.objective($0) }
    }
    return try StepProgram(
      session, learner.store, optimizer, batch: stage.train.batch, loader: loader,
      seed: parent.recipe.seed, build: objective)
  }

  private func variationalObjective(_ learner: Player) throws -> (StepInputs) -> Objective {
    guard let generator = learner.store.model as? any Generator else {
      throw RunError.notAGenerator(stage: stage.name, model: learner.spec.model)
    }
    let (weight, klWeight) = variationalWeights
    return { inputs in
      let context = inputs.context(.training)
      return generator.using(context) {
        variational(generator, inputs, context, weight: weight, klWeight: klWeight)
      }
    }
  }

  private var variationalWeights: (loss: Double, kl: Double) {
    var weights = (1.0, 1.0)
    for case .variational(let own, let kl) in stage.losses { weights = (own, kl) }
    return weights
  }

  /// The mean of what a generator minimises over examples, in evaluation mode and with every code at its
  /// mean, so that it is the same at each call.
  func variationalLoss(_ generator: any Generator, over examples: ImageDataset) throws -> Double {
    let weights = variationalWeights
    let rows = try Forward(session, imageShape: data.imageShape) { graph, images in
      let context = ForwardContext(graph, .evaluation)
      return [
        generator.using(context) {
          let (mean, logVariance) = generator.encode(images)
          let logits = generator.decodeLogits(mean)
          let pixels = binaryCrossEntropy(logits: logits, targets: images, reduction: .none)
          let reconstruction = pixels.sum(axes: Array(1..<pixels.shape.rank))
          return (reconstruction + gaussianKL(mean: mean, logVariance: logVariance) * weights.kl)
            * weights.loss
        }
      ]
    }.outputs(examples)[0]
    return rows.reduce(0) { $0 + Double($1) } / Double(max(1, rows.count))
  }

  /// Labels, soft targets and exploration over the stage's players.
  private mutating func distillation(_ learner: Player) throws -> OfflineDistillation {
    var labels: OfflineDistillation.Labels?
    var soft: OfflineDistillation.SoftTargets?
    for loss in stage.losses {
      switch loss {
      case .crossEntropy(let weight, let smoothing):
        labels = .init(weight: weight, smoothing: smoothing)
      case .softTargets(let weight, let temperature):
        soft = .init(weight: weight, temperature: temperature)
      case .variational: break
      }
    }
    let teacher = soft == nil ? nil : players[.teacher]
    var tables = OfflineDistillation.Tables()
    let isFixed = stage.augment == .none
    if let teacher {
      if isFixed { tables.logits = try logitTable(teacher) }
      if isFixed {
        teacherEvaluations.before += data.training.count
      } else {
        teacherEvaluations.perStep += stage.train.batch
      }
    }
    var explorer: Explorer?
    if let exploration = stage.explore, let teacher {
      explorer = try self.explorer(exploration, teacher, learner, &tables, isFixed)
      teacherEvaluations.perStep += exploration.teacherEvaluations(batch: stage.train.batch)
    }
    return OfflineDistillation(
      student: learner.store, teacher: teacher?.store, labels: labels, softTargets: soft,
      explorer: explorer, tables: tables)
  }

  func explorer(
    _ exploration: Exploration, _ teacher: Player, _ learner: Player,
    _ tables: inout OfflineDistillation.Tables, _ isFixed: Bool
  ) throws -> Explorer {
    var generator: (any Generator)?
    var statistics: LatentStatistics?
    if exploration.order.needsGenerator, let player = players[.generator] {
      guard let model = player.store.model as? any Generator else {
        throw RunError.notAGenerator(stage: stage.name, model: player.spec.model)
      }
      let size = model.latentShape.count
      let codes = try Forward(session, imageShape: data.imageShape) { graph, images in
        let context = ForwardContext(graph, .evaluation)
        return [model.using(context) { model.encode(images).mean }]
      }.outputs(data.training)[0]
      statistics = LatentStatistics(codes: codes, size: size)
      generator = model
      if isFixed {
        let table = Variable(name: "latent codes", count: codes.count, isFrozen: true)
        try session.write(codes, to: table)
        tables.codes = (table, size)
      }
    }
    return Explorer(
      exploration, labeler: teacher.store.model, student: learner.store.model,
      generator: generator, statistics: statistics, compute: parent.recipe.compute)
  }

  /// The teacher's logits of every training example, on the device.
  private func logitTable(_ teacher: Player) throws -> (Variable, Int) {
    let logits = try Forward(session, teacher.store, imageShape: data.imageShape)
      .outputs(data.training)[0]
    let table = Variable(name: "teacher logits", count: logits.count, isFrozen: true)
    try session.write(logits, to: table)
    return (table, classes)
  }
}

/// The evidence lower bound, negated: reconstruction and KL, summed per example, mean over the
/// batch.
///
/// Source: Kingma and Welling 2013, equation 10.
private func variational(
  _ generator: any Generator, _ inputs: StepInputs, _ context: ForwardContext, weight: Double,
  klWeight: Double
) -> Objective {
  let (mean, logVariance) = generator.encode(inputs.images)
  let noise = inputs.graph.random(
    .normal, mean.shape, state: inputs.randomState, stream: inputs.streams.next())
  let code = mean + (logVariance * 0.5).exp() * noise
  let batch = Double(inputs.images.shape[0])
  let reconstruction =
    binaryCrossEntropy(
      logits: generator.decodeLogits(code), targets: inputs.images, reduction: .sum) * (1 / batch)
  let divergence = gaussianKL(mean: mean, logVariance: logVariance).mean()
  return Objective(terms: [
    LossTerm("reconstruction", weight: weight, reconstruction),
    LossTerm("latent-kl", weight: weight * klWeight, divergence),
  ])
}
