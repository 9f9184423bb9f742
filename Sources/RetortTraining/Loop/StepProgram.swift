import RetortCore
import RetortData
import RetortNN

/// One training step as a compiled plan: every phase's forward pass, gradients and update.
public final class StepProgram {
  /// The models that the step updates.
  public let learners: [Learner]
  /// The names of `losses()`, in order: the total, the terms, the observations, the gradient's norm before
  /// clipping if it is clipped by norm, and the loss scale if there is one.
  ///
  /// With several learners each name has the prefix of the learner and a slash, such as `student/loss`, and
  /// the sum of their totals comes first.
  public let names: [String]
  /// The number of examples of one step.
  public let batch: Int
  private let executable: any Executable
  /// The number of the executable's inputs before the labels.
  private let fieldCount: Int
  private let seed: UInt64

  /// Builds and compiles a step over the batches of `loader`, whose examples go through its pipeline on the
  /// device.
  ///
  /// - Parameters:
  ///   - session: The session that holds the learners' variables.
  ///   - learners: The models that phases refer to by name, with distinct names.
  ///   - batch: The number of examples of a step.
  ///   - loader: The loader of the batches.
  ///   - seed: The seed of random operations in the step, together with the step's number.
  ///   - steps: The number of steps of the whole training, for losses that change on the way.
  ///   - scheme: Adds the objectives to the graph; called once per phase.
  /// - Throws: `GraphError` for shapes that do not fit, or the device's errors.
  public convenience init(
    _ session: Session, _ learners: [Learner], batch: Int, loader: BatchLoader, seed: UInt64,
    steps: Int = 1, scheme: any Scheme
  ) throws {
    let dataset = loader.dataset
    try self.init(
      session, learners, batch: batch, fields: dataset.fields, pipeline: loader.pipeline,
      views: loader.views, seed: seed, steps: steps,
      classCounts: dataset.isLabelled ? dataset.classCounts : [],
      scheme: scheme)
  }

  /// Builds and compiles a step over examples of `fields`, which go through `pipeline` on the device.
  ///
  /// - Parameters:
  ///   - session: The session that holds the learners' variables.
  ///   - learners: The models that phases refer to by name, with distinct names.
  ///   - batch: The number of examples of a step.
  ///   - fields: The fields of each example that `run` receives, in order.
  ///   - pipeline: The pipeline from fields to examples.
  ///   - views: How often `run` receives the fields of each example, each time changed in another way, ≥ 1.
  ///   - seed: The seed of random operations in the step, together with the step's number.
  ///   - steps: The number of steps of the whole training, for losses that change on the way.
  ///   - classCounts: The number of training examples of each class, for losses that make up for them; empty where
  ///     nothing says it.
  ///   - scheme: Adds the objectives to the graph; called once per phase.
  /// - Throws: `GraphError` for shapes that do not fit, or the device's errors.
  public init(
    _ session: Session, _ learners: [Learner], batch: Int, fields: [Field],
    pipeline: any InputPipeline, views: Int = 1, seed: UInt64, steps: Int = 1,
    classCounts: [Int] = [],
    scheme: any Scheme
  ) throws {
    let graph = Graph()
    let examples = (0..<views).map { _ in
      let own = fields.map { $0.input(in: graph, batch: batch) }
      return pipeline.example(own, drawn: pipeline.drawn.map { $0.input(in: graph, batch: batch) })
    }
    fieldCount = views * (fields.count + pipeline.drawn.count)
    let labels = graph.input("labels", [batch], .int32)
    let indices = graph.input("indices", [batch], .int32)
    let step = graph.input("step", [1], .int32)
    let state = graph.input("random state", [3], .int32)
    let inputs = StepInputs(
      graph: graph, views: examples, labels: labels, indices: indices, randomState: state,
      steps: steps, classCounts: classCounts)
    let rates = learners.map { Rates($0, graph) }

    var scheme = scheme
    var totals: [Tensor] = []
    var logged: [[LossTerm]] = []
    var pending: [Effect] = []
    for (index, phase) in scheme.phases.enumerated() {
      guard let position = learners.firstIndex(where: { $0.name == phase.learner }) else {
        preconditionFailure("phase \(index) trains '\(phase.learner)', which is no learner")
      }
      if phase.start == .update, !pending.isEmpty {
        graph.endPhase(pending)
        pending = []
      }
      let learner = learners[position]
      let objective = try scheme.objective(index, inputs)
      let total = objective.total(in: graph)
      let gradient = learner.store.gradient(of: learner.optimizer.scaled(total))
      pending += objective.effects
      pending += learner.optimizer.effects(
        on: learner.store, gradient: gradient, learningRate: rates[position].rate, step: step,
        momentum: rates[position].momentum)
      totals.append(total)
      let prefix = learners.count == 1 ? "" : "\(learner.name)/"
      logged.append(
        ([LossTerm("loss", total)] + objective.terms + objective.observations
          + learner.optimizer.observations(gradient))
          .map { LossTerm(prefix + $0.name, weight: $0.weight, $0.value) })
    }
    let sum = totals.dropFirst().reduce(totals.first ?? graph.fill(0), +)
    let values = (learners.count == 1 ? [] : [LossTerm("loss", sum)]) + logged.joined()
    executable = try session.compile(graph, outputs: values.map(\.value), effects: pending)
    names = values.map(\.name)
    (self.learners, self.batch, self.seed) = (learners, batch, seed)
  }

  /// The input tensors with a learner's learning rate and momentum, `[1]` each.
  private struct Rates {
    let rate: Tensor
    /// nil where the optimizer's own momentum applies.
    let momentum: Tensor?

    init(_ learner: Learner, _ graph: Graph) {
      rate = graph.input("learning rate of \(learner.name)", [1])
      momentum =
        learner.optimizer.update.cyclesMomentum
        ? graph.input("momentum of \(learner.name)", [1]) : nil
    }
  }

  /// The number of kernel launches of one step.
  public var launchCount: Int { executable.launchCount }

  /// Device memory held besides the variables, in bytes.
  public var byteCount: Int { executable.byteCount }

  /// Enqueues step `step`, counted from 0, on a batch of the loader that the program was built for; does not
  /// wait.
  ///
  /// Learning rates follow the learners' schedules.
  public func run(_ batch: LoadedBatch, step: Int) throws {
    for (index, field) in batch.fields.enumerated() { try executable.setInput(index, field) }
    try run(UnsafeRawBufferPointer(batch.labels), batch.plan.indices.map(Int32.init), step)
  }

  /// Enqueues step `step`, counted from 0, on examples of the fields that the program was built for; does not
  /// wait.
  public func run(fields: [HostArray], labels: [Int32], indices: [Int32], step: Int) throws {
    precondition(fields.count == fieldCount, "a step takes every field that it was built for")
    for (index, field) in fields.enumerated() { try executable.setInput(index, field) }
    try labels.withUnsafeBytes { try run($0, indices, step) }
  }

  private func run(_ labels: UnsafeRawBufferPointer, _ indices: [Int32], _ step: Int) throws {
    var next = fieldCount
    func set(_ value: HostArray) throws {
      try executable.setInput(next, value)
      next += 1
    }
    try executable.setInput(next, labels)
    next += 1
    try set(.int32(indices))
    let number = Int32(truncatingIfNeeded: step)
    try set(.int32([number]))
    let (low, high) = (Int32(truncatingIfNeeded: seed), Int32(truncatingIfNeeded: seed >> 32))
    try set(.int32([low, high, number]))
    for learner in learners {
      try set(.float32([Float(learner.rate(at: step))]))
      guard learner.optimizer.update.cyclesMomentum else { continue }
      guard let momentum = learner.schedule.momentum(at: step) else {
        preconditionFailure(
          "the optimizer of '\(learner.name)' takes its momentum from a schedule that cycles it")
      }
      try set(.float32([Float(momentum)]))
    }
    try executable.run()
  }

  /// The values of `names` in the last step; waits for it.
  public func losses() throws -> [Double] {
    try names.indices.map { Double(try executable.floats($0).first ?? .nan) }
  }

  /// Waits until everything enqueued has finished.
  public func finish() throws { try executable.finish() }
}
