import RetortCore
import RetortData
import RetortNN
import RetortTraining

extension StageRunner {
  /// How well pupils do on the examples that are held out for validation, after `step` steps; empty where
  /// there are none, or where nothing says it.
  func validate(after step: Int) throws -> [ValidationRecord.Point] {
    guard let examples = data.validation, type(of: stage.scheme).isValidated else { return [] }
    return try pupils.map { pupil in
      if let generator = pupil.model.store.model as? any Generator {
        let loss = try named("validation") { try generatorLoss(generator, over: examples) }
        return .init(step: step, accuracy: nil, loss: loss)
      }
      if let generator = pupil.model.store.model as? any TextGenerator {
        let loss = try named("validation") { try denoisingLoss(generator, over: examples) }
        return .init(step: step, accuracy: nil, loss: loss)
      }
      let metrics = try metrics(pupil.model, on: examples, split: "validation")
      return .init(step: step, accuracy: metrics.accuracy, loss: metrics.loss)
    }
  }

  /// The test metrics of pupils that classify, after `step` steps, which are logged for the curves.
  func test(after step: Int) throws -> [String: (step: Int, metrics: TestMetrics)] {
    var found: [String: (step: Int, metrics: TestMetrics)] = [:]
    for pupil in pupils where pupil.classifies {
      let metrics = try metrics(pupil.model, on: data.test, split: "test")
      parent.report(
        .evaluated(
          stage: stage.name, learner: pupil.label, step: step, accuracy: metrics.accuracy))
      try log(step, metrics.accuracy, of: pupil)
      found[pupil.name] = (step, metrics)
    }
    return found
  }

  /// The metrics of a classifier, or of a model of vectors.
  ///
  /// - Throws: `RunError.outputsNotFinite`, or the device's errors.
  func metrics(
    _ model: StageModel, on examples: any Dataset, split: String
  ) throws -> TestMetrics {
    try TestMetrics(
      data.outputs, try named(split) { try logits(model, for: examples) }, of: examples, in: session
    )
  }

  /// Calls `body`, and says of outputs that are not finite in which stage and on which split they are.
  func named<Result>(_ split: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as NonFiniteOutput {
      throw RunError.outputsNotFinite(stage: stage.name, model: error.model, split: split)
    }
  }

  /// What a pupil came to: after the last step, where validation was best, and the test metrics of the one
  /// of the two that is kept.
  typealias Measured = (
    last: StageResult.Outcome, best: StageResult.Outcome?, kept: TestMetrics?
  )

  /// Measures the state that training ended in and the best one, and leaves the one on the device that the
  /// recipe keeps.
  func measure(_ learners: [Learner], _ state: TrainingState) throws -> [Measured] {
    func outcomes(
      _ point: ValidationRecord.Point?, _ step: Int
    ) throws -> [(outcome: StageResult.Outcome, metrics: TestMetrics?)] {
      try correctClassifiers(learners)
      // Of several pupils the record has the mean alone.
      let points = point == nil || pupils.count == 1 ? [] : try validate(after: step)
      return try pupils.enumerated().map { index, pupil in
        let isKnown = tested[pupil.name]?.step == step && !stage.train.correctsClassifiers
        let known = isKnown ? tested[pupil.name]?.metrics : nil
        let metrics =
          pupil.classifies
          ? try known ?? metrics(pupil.model, on: data.test, split: "test") : nil
        let own = points.indices.contains(index) ? points[index] : point
        return (StageResult.Outcome(step: step, validation: own, test: metrics), metrics)
      }
    }
    let last = try outcomes(state.validation.last, state.step)
    guard let point = state.validation.best else {
      return last.map { ($0.outcome, nil, $0.metrics) }
    }
    guard point.step != state.step else { return last.map { ($0.outcome, $0.outcome, $0.metrics) } }
    let end = try Checkpoint(session, learners, state, origin: origin)
    try checkpoints.best(point.step, of: parent.recipe.sha256)
      .restore(session, learners)
    let best = try outcomes(point, point.step)
    if stage.train.kept == .last { try end.restore(session, learners) }
    return zip(last, best).map { last, best in
      (last.outcome, best.outcome, stage.train.kept == .last ? last.metrics : best.metrics)
    }
  }
}
