import RetortCore
import RetortData
import RetortFormats
import RetortTraining

extension StageRunner {
  /// Trains the pupils from where they stand to the end, or until they no longer get better on the examples
  /// held out for validation, in the mean.
  mutating func train(_ program: StepProgram) throws -> TrainingState {
    let start = try resume(program.learners)
    events = try EventLog(in: home, from: start.step + 1)
    let train = stage.train
    let loop = TrainingLoop(
      program,
      options: TrainingOptions(
        steps: hasStopped(start) ? start.step : steps, logEvery: train.logEvery,
        evaluateEvery: evaluationInterval, checkpointEvery: stage.checkpoints.interval))
    func checkpoint(_ state: TrainingState) throws -> Checkpoint {
      try Checkpoint(session, program.learners, state, origin: origin)
    }
    var tested = tested
    defer { self.tested = tested }
    let state = try loop.run(
      try batches(from: start), from: start,
      report: { progress in
        try log(progress, program.learners)
        parent.report(.progress(stage: stage.name, progress))
        parent.redrawReport()
      },
      evaluate: { state in
        let points = try withAverages(program.learners[...]) {
          // The samples of the last step are drawn when it is kept.
          if state.step < steps { _ = try logSamples(step: state.step) }
          if train.evaluateEvery != nil { tested = try test(after: state.step) }
          return try validate(after: state.step)
        }
        guard let point = ValidationRecord.Point.mean(of: points) else { return true }
        let isBest = state.validation.add(point)
        parent.report(.validated(stage: stage.name, point, isBest: isBest))
        for (pupil, point) in zip(pupils, points) { try log(point, of: pupil) }
        if isBest { try checkpoints.writeBest(checkpoint(state)) }
        return !hasStopped(state)
      },
      checkpoint: { try checkpoints.write(checkpoint($0)) },
      isCancelled: parent.isCancelled)
    if state.step < steps, let best = state.validation.best {
      parent.report(.stoppedEarly(stage: stage.name, step: state.step, best: best.step))
    }
    return state
  }

  /// Whether as many validations in a row as the recipe bears were no better than the best.
  private func hasStopped(_ state: TrainingState) -> Bool {
    stage.train.patience.map { state.validation.stale >= $0 } ?? false
  }

  /// The checkpoints of the stage.
  var checkpoints: CheckpointFolder {
    CheckpointFolder(home.file("checkpoints"), keeping: stage.checkpoints.kept)
  }

  /// Where to begin: at the newest whole checkpoint of an earlier session, or at the start.
  private mutating func resume(_ learners: [Learner]) throws -> TrainingState {
    guard parent.isResumed else { return TrainingState() }
    let order = try order(from: .init())
    let found = try checkpoints.newest(
      of: parent.recipe.sha256,
      misfit: { found in
        found.misfit(learners, order, steps: steps) ?? missingBest(of: found)
      },
      damaged: { parent.report(.checkpointRefused($0)) })
    try dropMetrics(after: found?.state.step ?? 0)
    try checkpoints.dropBests(after: found?.state.step ?? 0)
    guard let found else { return TrainingState() }
    if found.origin.device != origin.device {
      parent.report(
        .deviceChanged(stage: stage.name, from: found.origin.device, to: origin.device))
    }
    try found.restore(session, learners)
    earlierSeconds = found.state.seconds
    parent.report(.resumed(stage: stage.name, step: found.state.step))
    return found.state
  }

  /// After how many steps each the learner is looked at; a generator's samples are drawn ten times
  /// where the recipe names no number and holds nothing out.
  private var evaluationInterval: Int? {
    if data.validation != nil {
      return stage.train.validationInterval(steps: steps, examples: data.training.count)
    }
    return stage.train.evaluateEvery ?? (stage.trainsGenerator ? max(1, steps / 10) : nil)
  }

  /// Why the state of the best validation so far is of no use; nil if it is, or if there is none.
  private func missingBest(of checkpoint: Checkpoint) -> String? {
    guard let best = checkpoint.state.validation.best else { return nil }
    do throws(FormatError) {
      _ = try checkpoints.best(best.step, of: parent.recipe.sha256)
      return nil
    } catch {
      return "the state of its best validation, after step \(best.step), is missing or damaged"
    }
  }

  var origin: Checkpoint.Origin {
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
