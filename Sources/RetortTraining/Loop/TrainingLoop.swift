import RetortCore
import RetortData

/// The length of a training and the intervals of its reports, evaluations and checkpoints.
public struct TrainingOptions: Sendable, Equatable {
  /// The number of optimizer steps.
  public var steps: Int
  /// The number of steps between reports of the losses, ≥ 1.
  public var logEvery: Int
  /// The number of steps between evaluations, the last step always included; nil for no evaluation.
  public var evaluateEvery: Int?
  /// The interval of checkpoints besides those at the end and at an interruption; nil for those alone.
  public var checkpointEvery: CheckpointInterval?

  /// Options with the given intervals.
  public init(
    steps: Int, logEvery: Int = 50, evaluateEvery: Int? = nil,
    checkpointEvery: CheckpointInterval? = nil
  ) {
    (self.steps, self.logEvery, self.evaluateEvery) = (steps, max(1, logEvery), evaluateEvery)
    self.checkpointEvery = checkpointEvery
  }
}

/// A progress report of the training loop.
public struct TrainingProgress: Sendable {
  /// The number of completed steps.
  public var step: Int
  /// The number of steps in all.
  public var steps: Int
  /// The number of completed passes over the data.
  public var epoch: Int
  /// The time of all steps so far, in seconds.
  public var seconds: Double
  /// Examples per second since the last report, evaluations excluded.
  public var examplesPerSecond: Double
  /// The share of that time in which the loop waited for a batch, in [0, 1]; the device may have been busy meanwhile, with
  /// steps before.
  public var dataWait: Double
  /// The learning rate of the last step; with several learners that of the first.
  public var learningRate: Double
  /// The total and each term of the last step, by name, in order.
  public var losses: [(name: String, value: Double)]
}

/// A reason why a training run stops early.
public enum TrainingError: Error, Equatable, Sendable {
  /// A loss that is NaN or infinite.
  case notFinite(term: String, value: String, step: Int, learningRate: Double)
  /// An interruption by the user.
  case interrupted(step: Int)
}

extension TrainingError: CustomStringConvertible {
  /// One line: the fault, the step, and a remedy.
  public var description: String {
    switch self {
    case .notFinite(let term, let value, let step, let rate):
      "\(term) is \(value) at step \(step) (learning rate \(rate)): lower the learning rate, "
        + "warm it up, or check the data"
    case .interrupted(let step): "interrupted after step \(step)"
    }
  }
}

/// The training loop: loads batches, runs steps, and reads losses back at intervals.
public struct TrainingLoop {
  /// The training step.
  public let program: StepProgram
  /// The length and the intervals.
  public let options: TrainingOptions

  /// A loop over the given step.
  public init(_ program: StepProgram, options: TrainingOptions) {
    (self.program, self.options) = (program, options)
  }

  /// Runs the steps from `start` to `options.steps` on the prefetcher's batches.
  ///
  /// - Parameters:
  ///   - batches: The batches from `start.position` on, from the loader that the step was built for.
  ///   - start: The state to continue from; the learners' variables must match it.
  ///   - report: Called every `logEvery` steps and after the last.
  ///   - evaluate: Called with the state every `evaluateEvery` steps and after the last; false ends the
  ///     training.
  ///   - checkpoint: Called with the state every `checkpointEvery`, after the last step, and before
  ///     an interruption is thrown; never with losses that are not finite.
  ///   - isCancelled: Called before each step; true interrupts the training.
  /// - Returns: The state at the end.
  /// - Throws: `TrainingError`, the errors of the closures, or the device's errors.
  @discardableResult
  public func run(
    _ batches: Prefetcher, from start: TrainingState = TrainingState(),
    report: (TrainingProgress) throws -> Void,
    evaluate: (inout TrainingState) throws -> Bool = { _ in true },
    checkpoint: (TrainingState) throws -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> TrainingState {
    let clock = ContinuousClock()
    let began = clock.now
    var (state, lastReport, lastSave) = (start, (time: began, step: start.step), began)
    var waited = Duration.zero
    func save() throws {
      if state.step > start.step { state.losses = try losses(after: state.step) }
      try checkpoint(state)
      lastSave = clock.now
    }
    func tell() throws {
      state.losses = try losses(after: state.step)
      let now = clock.now  // later than the step: reading waits
      state.seconds = start.seconds + (now - began).seconds
      let elapsed = max((now - lastReport.time).seconds, 1e-9)
      try report(
        TrainingProgress(
          step: state.step, steps: options.steps, epoch: state.position.epoch,
          seconds: state.seconds,
          examplesPerSecond: Double((state.step - lastReport.step) * program.batch) / elapsed,
          dataWait: min(1, waited.seconds / elapsed), learningRate: rate(at: state.step - 1),
          losses: state.losses))
      (lastReport, waited) = ((now, state.step), .zero)
    }
    var hasEnded = state.step >= options.steps
    while !hasEnded {
      if isCancelled() {
        try save()
        throw TrainingError.interrupted(step: state.step)
      }
      let asked = clock.now
      try batches.withNext { (batch: LoadedBatch) throws in
        waited += clock.now - asked
        try program.run(batch, step: state.step)
        state.position = batch.plan.following
      }
      state.step += 1
      state.seconds = start.seconds + (clock.now - began).seconds
      let done = state.step
      hasEnded = done == options.steps
      let isTold = done % options.logEvery == 0 || hasEnded
      if isTold { try tell() }
      if let every = options.evaluateEvery, done % every == 0 || hasEnded {
        // Waiting for the step counts as training time; the evaluation does not.
        try program.finish()
        let paused = clock.now
        hasEnded = try !evaluate(&state) || hasEnded
        lastReport.time += clock.now - paused
        if hasEnded, !isTold { try tell() }
      }
      if hasEnded || isDue(done, since: lastSave) { try save() }
    }
    try program.finish()
    return state
  }

  private func rate(at step: Int) -> Double { program.learners.first?.rate(at: step) ?? 0 }

  private func isDue(_ done: Int, since last: ContinuousClock.Instant) -> Bool {
    switch options.checkpointEvery {
    case .steps(let count): done % max(1, count) == 0
    case .seconds(let limit): (ContinuousClock.now - last).seconds >= limit
    case nil: false
    }
  }

  /// The losses of the last step; waits for it.
  ///
  /// - Throws: `TrainingError.notFinite`, or the device's errors.
  private func losses(after done: Int) throws -> [(name: String, value: Double)] {
    let found = Array(zip(program.names, try program.losses()).map { (name: $0, value: $1) })
    if let bad = found.dropFirst().first(where: { !$0.value.isFinite })
      ?? found.first(where: { !$0.value.isFinite })
    {
      throw TrainingError.notFinite(
        term: bad.name, value: bad.value.isNaN ? "nan" : "\(bad.value)", step: done - 1,
        learningRate: rate(at: done - 1))
    }
    // At the least loss scale no finite gradient can be expected.
    if let scale = found.first(where: { LossScale.isName($0.name) }), scale.value <= LossScale.least
    {
      throw TrainingError.notFinite(
        term: "gradient", value: "not finite at any loss scale", step: done - 1,
        learningRate: rate(at: done - 1))
    }
    return found
  }
}

extension Duration {
  /// The duration in seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
