import RetortCPU
import RetortCore
import RetortData
import RetortDistillation
import RetortModels
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortVerification

/// Schemes beside PyTorch's steps: losses of every step, weights after the last.
@Suite struct RecordedSchemeTests {
  @Test(arguments: ReplayDevice.allCases)
  func mutualLearningIsPyTorchs(_ device: ReplayDevice) throws {
    let record: MutualRecord = try schemeRecord("mutual")
    let session = Session(try device.backend)
    let students = try students(
      [Dense(5), Dense(7), Convolutional()], record.initial, in: session)
    let losses = [
      NamedLoss(CrossEntropyLoss()),
      NamedLoss(SoftTargetLoss(weight: record.weight, temperature: record.temperature)),
    ]
    let program = try replay(
      on: session, Array(zip(students, record.rates)), beta1: 0.9, seed: 1,
      batch: record.labels.count, size: 4,
      PeerLearning.mutual(students: students, losses: losses))
    let terms = ["cross-entropy", "kd"]
    let found = try self.losses(
      of: students.flatMap { student in terms.map { "\(student.name)/\($0)" } },
      program, record.images, record.labels, steps: record.steps)
    try compare(found, record.losses, students, record.final, session, device.tolerance)
  }

  @Test(
    arguments: ReplayDevice.allCases,
    ["min-logit", "naive", "mean", "online", "codistillation", "snapshot", "ps-kd"])
  func peersLearnAsInPyTorch(_ device: ReplayDevice, _ name: String) throws {
    let record: PeerRecord = try schemeRecord("peers")
    let training = try #require(record.trainings.first { $0.scheme == name })
    let session = Session(try device.backend)
    let students = try students([Dense(5), Convolutional()], training.initial, in: session)
    let scheme: any NamedScheme =
      switch name {
      case "online": OnlineTeacher()
      case "codistillation": Codistillation(every: record.every)
      case "snapshot": Snapshot(every: record.every)
      case "ps-kd": ProgressiveSelf(share: record.share, every: record.every)
      default: Collaborative(try #require(Collaborative.Ensemble(rawValue: name)))
      }
    let losses = [
      NamedLoss(CrossEntropyLoss()),
      NamedLoss(SoftTargetLoss(weight: record.weight, temperature: record.temperature)),
    ]
    let program = try replay(
      on: session, Array(zip(students, record.rates)), beta1: 0.9, seed: 1,
      batch: training.labels.count, size: 4,
      scheme.scheme(
        RetortDistillation.Cast(students: students, losses: losses, steps: record.steps)))
    let names = program.names.filter { $0.hasSuffix("/cross-entropy") || $0.hasSuffix("/kd") }
    let found = try self.losses(
      of: names, program, training.images, training.labels, steps: record.steps)
    try compare(found, training.losses, students, training.final, session, device.tolerance)
  }

  /// With views of their own, each student's losses are those of its view.
  @Test func eachStudentSeesItsView() throws {
    let record: MutualRecord = try schemeRecord("mutual")
    let session = Session(CPUBackend())
    let fields = [Field("image", [4, 4, 1], .float32)]
    let other = record.images.map { 1 - $0 }
    func losses(_ views: [[Float]]) throws -> [Double] {
      let students = try students(
        [Dense(5), Dense(5)], [record.initial[0], record.initial[0]], in: session)
      let scheme = PeerLearning.mutual(
        students: students, losses: [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())])
      let program = try StepProgram(
        session,
        students.map {
          Learner($0, OptimizerState(Adam(learningRate: 0.1), for: $0), learningRate: 0)
        }, batch: record.labels.count, fields: fields, pipeline: PlainPipeline(fields),
        views: views.count, seed: 1, scheme: scheme)
      try program.run(
        fields: views.map { HostArray.float32($0) }, labels: record.labels,
        indices: record.labels.indices.map(Int32.init), step: 0)
      let all = try program.losses()
      return try students.map { student in
        all[try #require(program.names.firstIndex(of: "\(student.name)/cross-entropy"))]
      }
    }
    let (first, second) = (try losses([record.images]), try losses([other]))
    #expect(first[0] == first[1] && second[0] == second[1] && first[0] != second[0])
    #expect(try losses([record.images, other]) == [first[0], second[0]])
  }

  /// Students whose layers learn from their own.
  @Test(arguments: ReplayDevice.allCases, ["exits", "native-ensemble", "self-attention"])
  func selfTeachingIsPyTorchs(_ device: ReplayDevice, _ name: String) throws {
    let record: SelfRecord = try schemeRecord("self")
    let training = try #require(record.trainings.first { $0.loss == name })
    let session = Session(try device.backend)
    let modules = ["conv1", "conv2"]
    let taught: any DistillationLoss =
      switch name {
      case "exits": ExitsLoss(modules: modules)
      case "native-ensemble": NativeEnsembleLoss(trunk: "conv1", deepest: "conv2")
      default: SelfAttentionLoss(weight: 0.5, modules: modules)
      }
    let losses = [NamedLoss(CrossEntropyLoss()), NamedLoss(taught)]
    let image = ExampleSpec.image(ImageSize(height: 8, width: 8, channels: 1))
    let model = try AdaptedModel.adapting(
      Sections(), to: nil, losses, examples: image, count: 0)
    let student = ParameterStore(model, name: "student")
    try student.write(student.imported(RecordedWeights.named(training.initial)), to: session)
    let program = try replay(
      on: session, [(student, record.rate)], beta1: 0.9, seed: 1, batch: training.labels.count,
      size: 8, OfflineDistillation(students: [student], teacher: nil, losses: losses))
    let found = try self.losses(
      of: Array(program.names.dropFirst()), program, training.images, training.labels,
      steps: record.steps)
    try compare(
      found, training.losses, [student], [training.final], session, device.tolerance)
  }

  /// Teachers that are weighed for each example, at another temperature than 1, and one that is drawn in each step.
  @Test(arguments: ReplayDevice.allCases, [Ensemble.Mean.random, .confidence, .entropy])
  func teachersTeachAsInPyTorch(_ device: ReplayDevice, _ mean: Ensemble.Mean) throws {
    let record: TeacherRecord = try schemeRecord("teachers")
    let training = try #require(record.trainings.first { $0.combine == mean.rawValue })
    let session = Session(try device.backend)
    let models: [Module] = [Dense(7), Convolutional()]
    let teachers = try zip(models, training.teachers).map { model, weights in
      let store = ParameterStore(model, name: "teacher", isFrozen: true)
      try store.write(store.imported(RecordedWeights.named(weights)), to: session)
      return Ensemble.Member("teacher", store)
    }
    let students = try students([Dense(5)], [training.initial], in: session)
    let losses = [
      NamedLoss(CrossEntropyLoss()),
      NamedLoss(SoftTargetLoss(weight: record.weight, temperature: record.temperature)),
    ]
    let program = try replay(
      on: session, [(students[0], record.rate)], beta1: 0.9, seed: record.seed,
      batch: training.labels.count, size: 4,
      OfflineDistillation(
        students: students, teacher: Ensemble(teachers, mean: mean), losses: losses))
    let found = try self.losses(
      of: ["cross-entropy", "kd"], program, training.images, training.labels, steps: record.steps)
    try compare(found, training.losses, students, [training.final], session, device.tolerance)
  }

  /// Hints from two teachers, which count by what their classifiers make of the student's projected map.
  @Test(arguments: ReplayDevice.allCases)
  func confidentHintsArePyTorchs(_ device: ReplayDevice) throws {
    let record: HintRecord = try schemeRecord("hints")
    let session = Session(try device.backend)
    let teachers = try zip([4, 5], record.teachers).map { width, weights in
      let store = ParameterStore(Averaging(width), name: "t\(width)", isFrozen: true)
      try store.write(store.imported(RecordedWeights.named(weights)), to: session)
      return Ensemble.Member("t\(width)", store)
    }
    let losses = [
      NamedLoss(CrossEntropyLoss()),
      NamedLoss(
        ConfidentHintLoss(
          weight: record.weight,
          taps: [4, 5].map { TapPair(student: "act", teacher: "t\($0).act") })),
    ]
    let image = ExampleSpec.image(ImageSize(height: 8, width: 8, channels: 1))
    let model = try AdaptedModel.adapting(
      Averaging(3), to: Ensemble(teachers), losses, examples: image, count: 0)
    let student = ParameterStore(model, name: "student")
    try student.write(student.imported(RecordedWeights.named(record.initial)), to: session)
    let program = try replay(
      on: session, [(student, record.rate)], beta1: 0.9, seed: 1, batch: record.labels.count,
      size: 8,
      OfflineDistillation(students: [student], teacher: Ensemble(teachers), losses: losses))
    let found = try self.losses(
      of: ["cross-entropy", "confident-hint"], program, record.images, record.labels,
      steps: record.steps)
    try compare(found, record.losses, [student], [record.final], session, device.tolerance)
  }

  @Test(arguments: ReplayDevice.allCases, Adversarial.Loss.allCases)
  func adversarialTrainingIsPyTorchs(_ device: ReplayDevice, _ loss: Adversarial.Loss) throws {
    try replayAdversaries(
      "adversarial", loss, on: device, discriminator: ("dcgan-discriminator", ["width": 2]),
      generator: ("dcgan", ["width": 2, "latent": 3]), reconstruction: 0,
      terms: ["discriminator/real", "discriminator/generated", "generator/adversarial"])
  }

  @Test(arguments: ReplayDevice.allCases, Adversarial.Loss.allCases)
  func adversarialTrainingOnPairsIsPyTorchs(
    _ device: ReplayDevice, _ loss: Adversarial.Loss
  ) throws {
    // On OpenCL one of them says most: others differ in a few numbers at the end.
    guard Sweep.isWhole || device != .openCL || loss == .nonSaturating else { return }
    let sizes = ["width": 2.0, "latent": 3]
    try replayAdversaries(
      "pairs", loss, on: device,
      discriminator: ("bigan-discriminator", sizes.merging(["hidden": 6]) { $1 }),
      generator: ("bigan", sizes), reconstruction: 2.5,
      terms: [
        "discriminator/real", "discriminator/generated", "generator/adversarial",
        "generator/encoder", "generator/reconstruction",
      ])
  }

  private func replayAdversaries(
    _ name: String, _ loss: Adversarial.Loss, on device: ReplayDevice,
    discriminator judge: (String, [String: Double]), generator made: (String, [String: Double]),
    reconstruction: Double, terms: [String]
  ) throws {
    let record: AdversarialRecord = try schemeRecord(name)
    let training = try #require(record.trainings.first { $0.loss == loss.rawValue })
    let session = Session(try device.backend)
    let image = ExampleSpec.image(ImageSize(height: 8, width: 8, channels: 1))
    func store(_ role: String, _ model: (String, [String: Double]), _ index: Int) throws
      -> ParameterStore
    {
      let store = ParameterStore(
        try ModelCatalog.make(model.0, options: model.1, for: image, classes: 0), name: role)
      let initial = RecordedWeights.named(training.initial[index])
      #expect(store.all.map(\.path) == initial.map(\.name))
      try store.write(store.imported(initial), to: session)
      return store
    }
    let discriminator = try store("discriminator", judge, 0)
    let generator = try store("generator", made, 1)
    let program = try replay(
      on: session, [(discriminator, 0.02), (generator, 0.01)], beta1: 0.5, seed: record.seed,
      batch: training.images.count / 64, size: 8,
      AdversarialTraining(
        generator: generator, discriminator: discriminator, loss: loss,
        reconstruction: reconstruction))
    let found = try losses(
      of: terms, program, training.images, Array(repeating: 0, count: program.batch),
      steps: record.steps)
    try compare(
      found, training.losses, [discriminator, generator], training.final, session,
      device.tolerance)
  }

  /// Students with the recorded weights, in order.
  private func students(
    _ models: [Module], _ initial: [[RecordedWeights]], in session: Session
  ) throws -> [ParameterStore] {
    try zip(models, initial).enumerated().map { index, student in
      let store = ParameterStore(student.0, name: "student \(index)")
      try store.write(store.imported(RecordedWeights.named(student.1)), to: session)
      return store
    }
  }

  private func replay(
    on session: Session, _ learners: [(ParameterStore, Double)], beta1: Double, seed: UInt64,
    batch: Int, size: Int, _ scheme: any Scheme
  ) throws -> StepProgram {
    let fields = [Field("image", [size, size, 1], .float32)]
    return try StepProgram(
      session,
      learners.map { store, rate in
        Learner(
          store, OptimizerState(Adam(learningRate: rate, beta1: beta1), for: store),
          learningRate: rate, kept: scheme.kept(of: store.name))
      }, batch: batch, fields: fields, pipeline: PlainPipeline(fields), seed: seed, scheme: scheme)
  }

  /// What the step calls `names`, of each of `steps` steps.
  private func losses(
    of names: [String], _ program: StepProgram, _ images: [Float], _ labels: [Int32], steps: Int
  ) throws -> [[Float]] {
    let places = try names.map { try #require(program.names.firstIndex(of: $0), "\($0)") }
    return try (0..<steps).map { step in
      try program.run(
        fields: [.float32(images)], labels: labels, indices: labels.indices.map(Int32.init),
        step: step)
      let all = try program.losses()
      return places.map { Float(all[$0]) }
    }
  }

  private func compare(
    _ losses: [[Float]], _ expected: [[Float]], _ stores: [ParameterStore],
    _ final: [[RecordedWeights]], _ session: Session, _ tolerance: Double
  ) throws {
    #expect(losses.count == expected.count)
    for (own, other) in zip(losses, expected) {
      #expect(VerificationResult.lossError(own, other) <= tolerance, "\(own) \(other)")
    }
    for (store, record) in zip(stores, final) {
      let found = store.exported(try store.weights(in: session))
      #expect(found.map(\.name) == record.map(\.name))
      for (own, other) in zip(found, record) {
        let distance = VerificationResult.relativeDistance(own.values, other.values)
        #expect(distance <= tolerance, "\(store.name) \(own.name): \(distance)")
      }
    }
  }
}

/// As `mutual.py` has it.
private final class Dense: Module {
  let hidden, output: Linear

  init(_ width: Int) { (hidden, output) = (Linear(16, width), Linear(width, 3)) }

  override func forward(_ x: Tensor) -> Tensor { output(hidden(x.flatten()).tanh()) }
}

/// As `mutual.py` has it.
private final class Convolutional: Module {
  let conv = Conv2d(1, 4, kernel: 3, bias: false)
  let norm = BatchNorm(4)
  let output = Linear(16, 3, flattening: ImageSize(height: 2, width: 2, channels: 4))

  override func forward(_ x: Tensor) -> Tensor { output(norm(conv(x)).tanh().flatten()) }
}

/// As `hints.py` has it.
private final class Averaging: Module {
  let conv: Conv2d
  let act = ReLU()
  let output: Linear

  init(_ width: Int) {
    conv = Conv2d(1, width, kernel: 3, stride: 2, padding: 1, bias: false)
    output = Linear(width, 3)
  }

  override func forward(_ x: Tensor) -> Tensor { output(act(conv(x)).globalAveragePool()) }
}

/// As `self.py` has it.
private final class Sections: Module {
  let conv1 = Conv2d(1, 3, kernel: 3, padding: 1, bias: false)
  let conv2 = Conv2d(3, 4, kernel: 3, stride: 2, padding: 1, bias: false)
  let output = Linear(4, 3)

  override func forward(_ x: Tensor) -> Tensor {
    output(conv2(conv1(x).relu()).relu().globalAveragePool())
  }
}
