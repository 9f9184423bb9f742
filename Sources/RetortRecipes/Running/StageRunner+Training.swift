import RetortCore
import RetortData
import RetortFormats
import RetortTraining

extension StageRunner {
  /// Trains the learner from where it stands to the end.
  ///
  /// - Returns: The losses of the last step, by name.
  mutating func train(
    _ learner: Player, _ optimizer: OptimizerState, _ program: StepProgram
  ) throws -> [(name: String, value: Double)] {
    let checkpoints = CheckpointFolder(
      home.file("checkpoints"), keeping: stage.checkpoints.kept)
    let start = try resume(learner, optimizer, checkpoints)
    events = try EventLog(in: home, from: start.step + 1)
    let origin = origin
    let loop = TrainingLoop(
      program, learningRate: stage.optimizer.learningRate,
      schedule: stage.optimizer.schedule(steps: steps),
      options: TrainingOptions(
        steps: steps, logEvery: stage.train.logEvery, evaluateEvery: evaluationInterval,
        checkpointEvery: stage.checkpoints.interval))
    var best = best
    defer { self.best = best }
    func checkpoint(_ state: TrainingState) throws -> Checkpoint {
      try Checkpoint(session, learner.store, optimizer, state, best: best, origin: origin)
    }
    return try loop.run(
      try batches(from: start), from: start,
      report: { progress in
        try log(progress)
        parent.report(.progress(stage: stage.name, progress))
        parent.redrawReport()
      },
      evaluate: { state in
        guard stage.trained != .generator else {
          _ = try learner.store.withParameters(in: optimizer.average) {
            try logSamples(learner, step: state.step)
          }
          return
        }
        let found = try learner.store.withParameters(in: optimizer.average) {
          try evaluate(learner)
        }
        guard let accuracy = found.score.accuracy else { return }
        parent.report(.evaluated(stage: stage.name, step: state.step, accuracy: accuracy))
        try log(state.step, accuracy)
        guard accuracy > best?.accuracy ?? -1 else { return }
        best = (state.step, accuracy)
        try checkpoints.writeBest(checkpoint(state))
      },
      checkpoint: { try checkpoints.write(checkpoint($0)) },
      isCancelled: parent.isCancelled)
  }

  /// Where to begin: at the newest whole checkpoint of an earlier session, or at the start.
  private mutating func resume(
    _ learner: Player, _ optimizer: OptimizerState, _ checkpoints: CheckpointFolder
  ) throws -> TrainingState {
    guard parent.isResumed else { return TrainingState() }
    let order = try order(from: .init())
    let found = try checkpoints.newest(
      of: parent.recipe.sha256,
      misfit: { $0.misfit(learner.store, optimizer, order, steps: steps) },
      damaged: { parent.report(.checkpointRefused($0)) })
    try dropMetrics(after: found?.state.step ?? 0)
    guard let found else { return TrainingState() }
    if found.origin.device != origin.device {
      parent.report(
        .deviceChanged(stage: stage.name, from: found.origin.device, to: origin.device))
    }
    try found.restore(session, learner.store, optimizer)
    (best, earlierSeconds) = (found.best, found.state.seconds)
    parent.report(.resumed(stage: stage.name, step: found.state.step))
    return found.state
  }

  /// After how many steps each the learner is looked at; a generator's samples are drawn ten times
  /// where the recipe names no number.
  private var evaluationInterval: Int? {
    stage.train.evaluateEvery ?? (stage.trained == .generator ? max(1, steps / 10) : nil)
  }

  private var origin: Checkpoint.Origin {
    .init(
      seed: parent.recipe.seed, recipeSHA256: parent.recipe.sha256, device: session.backend.name)
  }

  /// The stage's batches from `start` on.
  private func batches(from start: TrainingState) throws -> Prefetcher {
    Prefetcher(
      loader: loader, order: try order(from: start.position), batchLimit: steps - start.step)
  }

  /// Which examples stand in which batch.
  private func order(from position: BatchOrder.Position) throws -> BatchOrder {
    try BatchOrder(
      count: data.training.count, batchSize: stage.train.batch, seed: parent.recipe.seed,
      sampling: stage.train.sampling(labels: data.training.labels, steps: steps),
      position: position)
  }
}
