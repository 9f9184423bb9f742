import RetortCore
import RetortData

/// How long to train, and how often to look.
public struct TrainingOptions: Sendable, Equatable {
  /// The number of optimizer steps.
  public var steps: Int
  /// Losses are read back and reported every so many steps, ≥ 1.
  public var logEvery: Int
  /// The test set is evaluated every so many steps; nil for the end only.
  public var evaluateEvery: Int?

  /// Options with the given counts.
  public init(steps: Int, logEvery: Int = 50, evaluateEvery: Int? = nil) {
    (self.steps, self.logEvery, self.evaluateEvery) = (steps, max(1, logEvery), evaluateEvery)
  }
}

/// What the loop reports while it runs.
public struct TrainingProgress: Sendable {
  /// Steps done.
  public var step: Int
  /// Steps in all.
  public var steps: Int
  /// Passes over the data done.
  public var epoch: Int
  /// Since the loop began.
  public var seconds: Double
  /// Examples per second since the last report.
  public var examplesPerSecond: Double
  /// The learning rate of the last step.
  public var learningRate: Double
  /// The total and each summand of the last step, by name, in order.
  public var losses: [(name: String, value: Double)]
}

/// What stops a training run.
public enum TrainingError: Error, Equatable, Sendable {
  /// A loss that is NaN or infinite.
  case notFinite(term: String, value: String, step: Int, learningRate: Double)
  /// The user asked to stop.
  case interrupted(step: Int)
}

extension TrainingError: CustomStringConvertible {
  /// One line: what, where, and the way out.
  public var description: String {
    switch self {
    case .notFinite(let term, let value, let step, let rate):
      "\(term) is \(value) at step \(step) (learning rate \(rate)): lower the learning rate, "
        + "warm it up, or check the data"
    case .interrupted(let step): "interrupted after step \(step)"
    }
  }
}

/// The one training loop: batches in, steps out, losses read back every so often.
public struct TrainingLoop {
  /// What a step computes.
  public let program: StepProgram
  /// The learning rate at factor 1.
  public let learningRate: Double
  /// What scales it.
  public let schedule: any Schedule
  /// How long, and how often to look.
  public let options: TrainingOptions

  /// A loop over the given step.
  public init(
    _ program: StepProgram, learningRate: Double, schedule: any Schedule, options: TrainingOptions
  ) {
    (self.program, self.learningRate) = (program, learningRate)
    (self.schedule, self.options) = (schedule, options)
  }

  /// Runs steps `start..<options.steps` on the prefetcher's batches.
  ///
  /// - Parameters:
  ///   - report: Called every `logEvery` steps and after the last.
  ///   - evaluate: Called every `evaluateEvery` steps with the number of steps done.
  ///   - isCancelled: Asked before each step.
  /// - Returns: The last step's losses.
  /// - Throws: `TrainingError`, or the device's errors.
  @discardableResult
  public func run(
    _ batches: Prefetcher, from start: Int = 0, report: (TrainingProgress) throws -> Void,
    evaluate: (Int) throws -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> [(name: String, value: Double)] {
    let clock = ContinuousClock()
    let began = clock.now
    var lastReport = (time: began, step: start)
    var last: [(name: String, value: Double)] = []
    for step in start..<max(start, options.steps) {
      if isCancelled() { throw TrainingError.interrupted(step: step) }
      let rate = learningRate * schedule.factor(at: step)
      var epoch = 0
      try batches.withNext { (batch: LoadedBatch) throws in
        epoch = batch.plan.start.epoch
        try program.run(
          images: batch.images, labels: batch.labels, indices: batch.plan.indices.map(Int32.init),
          learningRate: rate, step: step)
      }
      let done = step + 1
      guard done % options.logEvery == 0 || done == options.steps else {
        if let every = options.evaluateEvery, done % every == 0 { try evaluate(done) }
        continue
      }
      last = Array(zip(program.names, try program.losses()).map { (name: $0, value: $1) })
      if let bad = last.dropFirst().first(where: { !$0.value.isFinite })
        ?? last.first(where: { !$0.value.isFinite })
      {
        throw TrainingError.notFinite(
          term: bad.name, value: "\(bad.value)", step: step, learningRate: rate)
      }
      let now = clock.now
      let elapsed = (now - lastReport.time).seconds
      let rateOfExamples = Double((done - lastReport.step) * program.batch) / max(elapsed, 1e-9)
      try report(
        TrainingProgress(
          step: done, steps: options.steps, epoch: epoch, seconds: (now - began).seconds,
          examplesPerSecond: rateOfExamples, learningRate: rate, losses: last))
      lastReport = (now, done)
      if let every = options.evaluateEvery, done % every == 0 { try evaluate(done) }
    }
    try program.finish()
    return last
  }
}

extension Duration {
  /// The duration in seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
