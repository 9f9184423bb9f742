import RetortCore
import RetortData
import RetortNN

/// One training step as one compiled plan: every phase's forward pass, derivatives and update.
public final class StepProgram {
  /// The models that the step updates.
  public let learners: [Learner]
  /// The names of `losses()`, in order: the total, the summands, the observations, the gradient's
  /// norm before clipping where it is clipped by that, and the loss scale where there is one.
  ///
  /// Where there are several learners these names stand behind the learner's and a slash, and the sum of
  /// their totals comes first.
  public let names: [String]
  /// The number of examples of one step.
  public let batch: Int
  private let executable: any Executable
  /// How many inputs stand before the labels.
  private let fieldCount: Int
  private let seed: UInt64

  /// Builds and compiles a step over the batches of `loader`, whose examples go through its pipeline on
  /// the device.
  ///
  /// - Parameters:
  ///   - session: Whose variables learners keep their weights in.
  ///   - learners: The models that phases name, each of its own name.
  ///   - batch: The number of examples of a step.
  ///   - loader: What makes the batches.
  ///   - seed: What random elements inside the step depend on, with the step's number.
  ///   - scheme: Adds the objectives to the graph; asked once for each phase.
  /// - Throws: `GraphError` for shapes that do not fit, or the device's errors.
  public convenience init(
    _ session: Session, _ learners: [Learner], batch: Int, loader: BatchLoader, seed: UInt64,
    scheme: any Scheme
  ) throws {
    try self.init(
      session, learners, batch: batch, fields: loader.dataset.fields, pipeline: loader.pipeline,
      seed: seed, scheme: scheme)
  }

  /// Builds and compiles a step over examples of `fields`, which go through `pipeline` on the device.
  ///
  /// - Parameters:
  ///   - session: Whose variables learners keep their weights in.
  ///   - learners: The models that phases name, each of its own name.
  ///   - batch: The number of examples of a step.
  ///   - fields: What `run` is given of each example, in order.
  ///   - pipeline: What makes examples of the fields.
  ///   - seed: What random elements inside the step depend on, with the step's number.
  ///   - scheme: Adds the objectives to the graph; asked once for each phase.
  /// - Throws: `GraphError` for shapes that do not fit, or the device's errors.
  public init(
    _ session: Session, _ learners: [Learner], batch: Int, fields: [Field],
    pipeline: any InputPipeline, seed: UInt64, scheme: any Scheme
  ) throws {
    let graph = Graph()
    let own = fields.map { $0.input(in: graph, batch: batch) }
    let drawn = pipeline.drawn.map { $0.input(in: graph, batch: batch) }
    fieldCount = own.count + drawn.count
    let example = pipeline.example(own, drawn: drawn)
    let labels = graph.input("labels", [batch], .int32)
    let indices = graph.input("indices", [batch], .int32)
    let step = graph.input("step", [1], .int32)
    let state = graph.input("random state", [3], .int32)
    let inputs = StepInputs(
      graph: graph, example: example, labels: labels, indices: indices, randomState: state)
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

  /// The inputs that say how fast a learner learns.
  private struct Rates {
    let rate: Tensor
    /// nil where the optimizer's momentum is its own.
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

  /// Enqueues the step numbered `step`, from 0, on a batch of the loader that it was built for; does not
  /// wait.
  ///
  /// Learning rates are those of the learners' schedules.
  public func run(_ batch: LoadedBatch, step: Int) throws {
    for (index, field) in batch.fields.enumerated() { try executable.setInput(index, field) }
    try run(UnsafeRawBufferPointer(batch.labels), batch.plan.indices.map(Int32.init), step)
  }

  /// Enqueues the step numbered `step`, from 0, on examples of the fields that it was built for; does not
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

  /// What `names` calls, of the last step; waits for it.
  public func losses() throws -> [Double] {
    try names.indices.map { Double(try executable.floats($0).first ?? .nan) }
  }

  /// Waits until everything enqueued has finished.
  public func finish() throws { try executable.finish() }
}
