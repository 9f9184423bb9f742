import RetortCore
import RetortData
import RetortNN

/// One training step as a compiled plan: every phase's forward pass, gradients and update; a plan for each of its
/// forms, where a scheme has several.
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
  /// A plan for each form, over the same variables.
  private let executables: [any Executable]
  private let formOfStep: (Int) -> Int
  /// The form of the last step.
  private var form = 0
  /// The number of a plan's inputs before the labels.
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
    let forms = try (0..<scheme.forms).map { form in
      try StepGraph(
        learners, batch: batch, fields: fields, pipeline: pipeline, views: views, steps: steps,
        form: form, classCounts: classCounts, scheme: scheme)
    }
    executables = try forms.map {
      try session.compile($0.graph, outputs: $0.values.map(\.value), effects: $0.effects)
    }
    let names = forms[0].values.map(\.name)
    precondition(
      forms.allSatisfy { $0.values.map(\.name) == names }, "all forms of a step have equal terms")
    (self.names, fieldCount) = (names, views * (fields.count + pipeline.drawn.count))
    (self.learners, self.batch, self.seed) = (learners, batch, seed)
    formOfStep = { scheme.form(of: $0, in: steps) }
  }

  /// The number of kernel launches of one step, of its first form.
  public var launchCount: Int { executables[0].launchCount }

  /// Device memory held besides the variables, in bytes, for all forms.
  public var byteCount: Int { executables.reduce(0) { $0 + $1.byteCount } }

  /// Enqueues step `step`, counted from 0, on a batch of the loader that the program was built for; does not
  /// wait.
  ///
  /// Learning rates follow the learners' schedules.
  public func run(_ batch: LoadedBatch, step: Int) throws {
    form = formOfStep(step)
    for (index, field) in batch.fields.enumerated() { try executable.setInput(index, field) }
    try run(UnsafeRawBufferPointer(batch.labels), batch.plan.indices.map(Int32.init), step)
  }

  /// Enqueues step `step`, counted from 0, on examples of the fields that the program was built for; does not
  /// wait.
  public func run(fields: [HostArray], labels: [Int32], indices: [Int32], step: Int) throws {
    precondition(fields.count == fieldCount, "a step takes every field that it was built for")
    form = formOfStep(step)
    for (index, field) in fields.enumerated() { try executable.setInput(index, field) }
    try labels.withUnsafeBytes { try run($0, indices, step) }
  }

  private var executable: any Executable { executables[form] }

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
  public func finish() throws { for executable in executables { try executable.finish() } }
}
