import RetortCore
import RetortData
import RetortNN
import RetortTraining

extension StageRunner {
  /// How well a player does on the examples that are held out for validation, after `step` steps; nil where
  /// there are none.
  func validate(_ player: Player, after step: Int) throws -> ValidationRecord.Point? {
    guard let examples = data.validation else { return nil }
    if let generator = player.store.model as? any Generator {
      let loss = try named("validation") { try variationalLoss(generator, over: examples) }
      return .init(step: step, accuracy: nil, loss: loss)
    }
    let metrics = try metrics(player, on: examples, split: "validation")
    return .init(step: step, accuracy: metrics.accuracy, loss: metrics.nll)
  }

  /// A player's test metrics after `step` steps, which are logged for the curves; nil for generators.
  func test(_ player: Player, after step: Int) throws -> (
    step: Int, metrics: ClassificationMetrics
  )? {
    guard !(player.store.model is any Generator) else { return nil }
    let metrics = try metrics(player, on: data.test, split: "test")
    parent.report(.evaluated(stage: stage.name, step: step, accuracy: metrics.accuracy))
    try log(step, metrics.accuracy)
    return (step, metrics)
  }

  /// The metrics of a classifier.
  ///
  /// - Throws: `RunError.outputsNotFinite`, or the device's errors.
  func metrics(
    _ player: Player, on examples: any Dataset, split: String
  ) throws -> ClassificationMetrics {
    let logits = try named(split) {
      try Inference(session, player.store, pipeline: data.examples.pipeline()).outputs(examples)[0]
    }
    return ClassificationMetrics(logits: logits, labels: examples.labels, classes: classes)
  }

  /// Calls `body`, and says of outputs that are not finite in which stage and on which split they are.
  func named<Result>(_ split: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as NonFiniteOutput {
      throw RunError.outputsNotFinite(stage: stage.name, player: error.model, split: split)
    }
  }

  /// Measures the state that training ended in and the best one, and leaves the one on the device that the
  /// recipe keeps.
  ///
  /// - Returns: The outcomes of both, and the test metrics of the one that is kept.
  func measure(
    _ learner: Player, _ learners: [Learner], _ state: TrainingState
  ) throws -> (
    last: StageResult.Outcome, best: StageResult.Outcome?, kept: ClassificationMetrics?
  ) {
    let isGenerator = learner.store.model is any Generator
    func outcome(_ point: ValidationRecord.Point?, _ step: Int) throws -> (
      StageResult.Outcome, ClassificationMetrics?
    ) {
      let known = tested?.step == step ? tested?.metrics : nil
      let metrics =
        isGenerator ? nil : try known ?? metrics(learner, on: data.test, split: "test")
      return (StageResult.Outcome(step: step, validation: point, test: metrics), metrics)
    }
    let (last, lastMetrics) = try outcome(state.validation.last, state.step)
    guard let point = state.validation.best else { return (last, nil, lastMetrics) }
    guard point.step != state.step else { return (last, last, lastMetrics) }
    let end = try Checkpoint(session, learners, state, origin: origin)
    try checkpoints.best(point.step, of: parent.recipe.sha256)
      .restore(session, learners)
    let (best, bestMetrics) = try outcome(point, point.step)
    guard stage.train.kept == .last else { return (last, best, bestMetrics) }
    try end.restore(session, learners)
    return (last, best, lastMetrics)
  }
}
