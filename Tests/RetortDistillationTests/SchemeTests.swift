import RetortCPU
import RetortCore
import RetortData
import RetortModels
import RetortNN
import RetortSchema
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortDistillation

@Suite struct SchemeTests {
  private static let losses = [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())]

  private func learner(_ store: ParameterStore) -> Learner {
    Learner(
      store, OptimizerState(Adam(learningRate: 1e-2), for: store), learningRate: 1e-2)
  }

  private func program(
    _ session: Session, _ stores: [ParameterStore], _ scheme: any Scheme, _ field: Field
  ) throws -> StepProgram {
    try StepProgram(
      session, stores.map(learner), batch: Cast.batch, fields: [field],
      pipeline: PlainPipeline([field]), seed: 5, scheme: scheme)
  }

  private func classifiers(_ session: Session) throws -> [ParameterStore] {
    try ["a", "b"].enumerated().map { index, name in
      let store = ParameterStore(Classifier(width: 5 + index), name: name)
      try store.write(store.initialWeights(seed: UInt64(index)), to: session)
      return store
    }
  }

  /// Side by side each student learns what it learns alone.
  @Test(arguments: [nil, Exploration.Kind.reconstruction, .first])
  func studentsOfOneTeacherLearnAsAlone(_ kind: Exploration.Kind?) throws {
    func trained(_ chosen: [Int]) throws -> [[Float]] {
      let cast = try Cast()
      let stores = try classifiers(cast.session)
      let students = chosen.map { stores[$0] }
      let scheme = OfflineDistillation(
        students: students, teacher: cast.teacher, losses: Self.losses,
        explorer: try kind.map {
          var exploration = Exploration($0)
          exploration.noise = 0
          return Explorer(
            exploration, labeler: cast.teacher, student: students[0].model,
            generator: cast.generator.model as? any Generator,
            statistics: LatentStatistics(codes: try cast.codes(), size: 2))
        })
      let program = try program(cast.session, students, scheme, Cast.examples.fields[0])
      for step in 0..<5 {
        try program.run(
          fields: [.float32(cast.images)], labels: cast.labels,
          indices: (0..<Cast.batch).map { Int32($0) }, step: step)
      }
      return try students.map { try $0.weights(in: cast.session).parameters }
    }
    let (both, first, second) = (try trained([0, 1]), try trained([0]), try trained([1]))
    for (own, alone) in zip(both, first + second) {
      #expect(own.contains { $0 != 0 })
      #expect(zip(own, alone).allSatisfy { abs($0 - $1) <= 1e-6 })
    }
    #expect(both[0] != both[1])
  }

  /// The teacher's pass and the batch are computed once, and each student's pass too.
  @Test func stepsOfTwoStudentsAreNoLongerThanTwoSteps() throws {
    let session = Session(try TestDevice.backend())
    let teacher = ParameterStore(Classifier(width: 12), name: "teacher", isFrozen: true)
    try teacher.write(teacher.initialWeights(seed: 9), to: session)
    let stores = try classifiers(session)
    let field = Cast.examples.fields[0]
    func launches(_ students: [ParameterStore], _ scheme: any Scheme) throws -> Int {
      try program(session, students, scheme, field).launchCount
    }
    func offline(_ students: [ParameterStore]) -> OfflineDistillation {
      OfflineDistillation(students: students, teacher: teacher, losses: Self.losses)
    }
    let alone = try stores.map { try launches([$0], offline([$0])) }
    let both = try launches(stores, offline(stores))
    let mutual = try launches(stores, PeerLearning.mutual(students: stores, losses: Self.losses))
    #expect(both < alone[0] + alone[1])
    #expect(mutual <= alone[0] + alone[1])
  }

  /// What is made is made once, in one plan.
  @Test func anAdversarialStepIsShorterThanItsUpdates() throws {
    let session = Session(try TestDevice.backend())
    let image = ImageSize(height: 8, width: 8, channels: 1)
    let field = Field("image", [8, 8, 1], .float32)
    let generator = ParameterStore(
      try #require(DCGAN(image: image, latent: 3, width: 2)), name: "g")
    let discriminator = ParameterStore(
      try #require(DCGANDiscriminator(image: image, width: 2)), name: "d")
    for store in [generator, discriminator] {
      try store.write(store.initialWeights(seed: 1), to: session)
    }
    let scheme = AdversarialTraining(generator: generator, discriminator: discriminator)
    let whole = try program(session, [discriminator, generator], scheme, field)
    let apart = try [discriminator, generator].enumerated().map { index, store in
      try program(
        session, [store],
        SimpleScheme(store.name) { inputs in
          var scheme = scheme
          return try scheme.objective(index, inputs)
        }, field)
    }
    let sum = apart[0].launchCount + apart[1].launchCount
    #expect(whole.launchCount <= sum - 4, "\(whole.launchCount) beside \(sum)")
    #expect(
      whole.names == [
        "loss", "d/loss", "d/real", "d/generated", "g/loss", "g/adversarial",
      ])
  }

  @Test func peersAreConstantsAndAveraged() throws {
    let cast = try Cast()
    let stores =
      try classifiers(cast.session) + [ParameterStore(Classifier(width: 4), name: "c")]
    try stores[2].write(stores[2].initialWeights(seed: 8), to: cast.session)
    let inputs = Cast.inputs()
    var scheme = PeerLearning.mutual(students: stores, losses: Self.losses)
    let first = try scheme.objective(0, inputs)
    #expect(first.terms.map(\.name) == ["cross-entropy", "kd"])
    let gradient = stores[1].gradient(of: first.terms[1].value)
    let outputs = stores.map { $0.model(inputs.example, in: inputs.context(.training)) }
    let pairs = [1, 2].map {
      SoftTargetLoss().terms(comparison(inputs, outputs[0], outputs[$0]), name: "kd")[0].value
    }
    let values = try cast.run(
      inputs.graph, [first.terms[1].value, pairs[0], pairs[1], gradient])
    #expect(abs(values[0][0] - (values[1][0] + values[2][0]) / 2) < 1e-6)
    #expect(values[3].allSatisfy { $0 == 0 })
  }

  private func comparison(_ inputs: StepInputs, _ own: Tensor, _ other: Tensor) -> Comparison {
    Comparison(
      inputs: inputs, context: inputs.context(.training), learner: Module(),
      examples: inputs.example, student: Taps(output: own), teacher: Taps(output: other),
      labels: nil)
  }

  @Test func everySchemeSaysWhatItLacks() throws {
    #expect(
      SchemeCatalog.all.names == [
        "offline", "generative", "mutual", "collaborative", "codistillation", "online", "snapshot",
        "ps-kd", "adversarial",
      ])
    func keys(_ scheme: any NamedScheme, _ plan: CastPlan) -> [String] {
      scheme.faults(of: plan).map(\.key)
    }
    let kd = [NamedLoss(SoftTargetLoss())]
    let hint = NamedLoss(HintLoss(taps: [TapPair(student: "a", teacher: "b")]))
    #expect(keys(Mutual(), CastPlan(students: 2, losses: kd)) == [])
    #expect(keys(Mutual(), CastPlan(students: 1, losses: kd)) == ["scheme"])
    #expect(keys(Mutual(), CastPlan(students: 2, losses: [NamedLoss()])) == ["losses"])
    #expect(keys(Mutual(), CastPlan(students: 2, losses: [hint])) == ["losses"])
    #expect(
      keys(Mutual(), CastPlan(students: 2, losses: kd, exploration: Exploration(.mixup)))
        == ["explore"])
    #expect(keys(Generative(), CastPlan(encodes: true)) == [])
    #expect(keys(Generative(), CastPlan(encodes: false)) == ["generator"])
    #expect(keys(Generative(), CastPlan()) == ["scheme"])
    #expect(keys(Adversarial(), CastPlan(encodes: false, hasDiscriminator: true)) == [])
    #expect(
      keys(Adversarial(), CastPlan(encodes: true, hasDiscriminator: true)) == ["discriminator"])
    #expect(
      keys(Adversarial(), CastPlan(encodes: false, hasDiscriminator: true, judgesPairs: true))
        == ["discriminator"])
    let pairs = CastPlan(
      encodes: true, hasDiscriminator: true, judgesPairs: true, codeSizes: [32, 32])
    #expect(keys(Adversarial(.hinge, reconstruction: 1), pairs) == [])
    var others = pairs
    others.codeSizes = [32, 64]
    #expect(keys(Adversarial(), others) == ["discriminator"])
    #expect(
      keys(
        Adversarial(.hinge, reconstruction: 1), CastPlan(encodes: false, hasDiscriminator: true))
        == ["scheme"])
    #expect(keys(Adversarial(), CastPlan()) == ["scheme", "scheme"])
  }
}
