import RetortCore
import RetortData
import RetortDistillation
import RetortModels
import RetortNN
import RetortTraining

/// A workload compiled for a device, with its inputs.
final class WorkloadStep: TimedWork {
  /// The compiled step.
  let program: StepProgram
  /// The models that take part, the student first.
  let models: [ParameterStore]
  /// The inputs of the step.
  let inputs: SyntheticInputs
  /// The latent statistics of the search; nil without one.
  let statistics: LatentStatistics?
  private var stepCount = 0

  /// The seed of initial weights and noise.
  static let seed: UInt64 = 1
  /// The losses of a student with a teacher.
  private static let losses = [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())]

  /// Builds the models, their initial weights and the step.
  ///
  /// - Parameter isNoisy: Whether the search adds noise, which another program cannot reproduce.
  /// - Throws: `ModelError`, `GraphError` or the device's errors.
  init(_ workload: Workload, batch: Int, isNoisy: Bool, on backend: any Backend) throws {
    let session = Session(backend)
    func store(_ role: String, _ model: String, _ options: [String: Double] = [:], isFrozen: Bool)
      throws -> ParameterStore
    {
      let model = try ModelCatalog.make(
        model, options: options, for: workload.examples, classes: workload.classes)
      let store = ParameterStore(model, name: role, isFrozen: isFrozen)
      try store.write(store.initialWeights(seed: Self.seed), to: session)
      return store
    }
    let student = try store("student", workload.model, workload.options, isFrozen: false)
    inputs = SyntheticInputs(workload, batch: batch)
    let scheme: OfflineDistillation
    switch workload.knowledge {
    case .none, .inference:
      scheme = OfflineDistillation(
        students: [student], teacher: nil, losses: [NamedLoss(CrossEntropyLoss())])
      (models, statistics) = ([student], nil)
    case .logits:
      let logits = Variable(name: "logits", count: inputs.logits.count, isFrozen: true)
      try session.write(inputs.logits, to: logits)
      scheme = OfflineDistillation(
        students: [student], teacher: LogitTable(logits, classes: workload.classes),
        losses: Self.losses)
      (models, statistics) = ([student], nil)
    case .exploration:
      let teacher = try store("teacher", "resnet20", isFrozen: true)
      let generator = try store("generator", "conv-vae", isFrozen: true)
      let codes = Philox4x32(seed: 1, stream: 2).normals(1024 * 16)
      let statistics = LatentStatistics(codes: codes, size: 16)
      var exploration = Exploration(.first)
      exploration.noise = isNoisy ? 1 : 0
      scheme = OfflineDistillation(
        students: [student], teacher: teacher, losses: Self.losses,
        explorer: Explorer(
          exploration, labeler: teacher, student: student.model,
          generator: generator.model as? any Generator, statistics: statistics))
      (models, self.statistics) = ([student, teacher, generator], statistics)
    }
    let learner = Learner(
      student, OptimizerState(workload.optimizer, for: student),
      learningRate: workload.optimizer.learningRate)
    program = try StepProgram(
      session, [learner], batch: batch, fields: inputs.fields,
      pipeline: PlainPipeline(inputs.fields), seed: Self.seed, scheme: scheme)
  }

  /// Enqueues the next step; does not wait.
  func run() throws {
    try program.run(
      fields: [inputs.examples], labels: inputs.labels, indices: inputs.indices, step: stepCount)
    stepCount += 1
  }

  func finish() throws { try program.finish() }

  func check() throws { _ = try losses() }

  var launchCount: Int { program.launchCount }

  var byteCount: Int { program.byteCount }

  /// The losses of the last step, the total first; waits for it.
  ///
  /// - Throws: `TrainingError.notFinite`, as the time of a faulty step is meaningless.
  func losses() throws -> [Double] {
    let losses = try program.losses()
    if let bad = zip(program.names, losses).first(where: { !$0.1.isFinite }) {
      throw TrainingError.notFinite(
        term: bad.0, value: "\(bad.1)", step: stepCount,
        learningRate: program.learners[0].rate(at: stepCount))
    }
    return losses
  }
}
