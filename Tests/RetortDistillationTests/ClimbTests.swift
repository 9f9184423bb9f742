import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortTestSupport
import RetortTraining
import RetortVerification
import Testing

@testable import RetortDistillation

/// When and how a search climbs, beside PyTorch: `Tests/Goldens/search/climbing.py` recorded it.
@Suite struct ClimbTests {
  /// Students trained with a search, whose losses and last weights were recorded under `name`.
  private func train(
    _ name: String, _ device: String, steps: Range<Int>? = nil, from start: FlatWeights? = nil,
    _ change: (inout Exploration) throws -> Void
  ) throws -> (weights: FlatWeights, losses: [Float], named: [NamedWeights], record: Safetensors) {
    let record = try Safetensors.read("\(Goldens.folder)/search/climbing.safetensors")
    func number(_ key: String) throws -> Double { try #require(Double(record.metadata[key] ?? "")) }
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    func load(_ store: ParameterStore, _ prefix: String) throws {
      let weights = try record.names.filter { $0.hasPrefix(prefix + ".") }.map { name in
        NamedWeights(
          name: String(name.dropFirst(prefix.count + 1)), shape: try record.tensor(name).shape,
          values: try record.floats(name))
      }
      try store.write(store.imported(weights), to: session)
    }
    let teacher = ParameterStore(Classifier(width: 12), name: "teacher", isFrozen: true)
    let generator = ParameterStore(Autoencoder(), name: "generator", isFrozen: true)
    try load(teacher, "teacher")
    try load(generator, "generator")
    let images = try record.floats("images")
    var exploration = Exploration(.first)
    (exploration.noise, exploration.steps) = (0, Int(try number("points")))
    exploration.step = .displacement(try number("displacement"))
    try change(&exploration)

    let memory = SearchMemory(exploration, size: 2, classes: 3, examples: 8)
    let student = ParameterStore(
      AdaptedModel(Classifier(width: 5), adapters: [], search: memory), name: "student")
    if let start {
      try student.write(start, to: session)
    } else {
      try student.write(student.initialWeights(seed: 1), to: session)
      var weights = student.exported(try student.weights(in: session))
      for (index, weight) in weights.enumerated() where !AdaptedModel.isAdapter(weight.name) {
        weights[index].values = try record.floats("student.\(weight.name)")
      }
      try student.write(student.imported(weights), to: session)
    }
    let decoder = try #require(generator.model as? any Generator)
    let graph = Graph()
    let all = graph.constant(images, [8, 16])
    let codes = decoder.using(ForwardContext(graph, .evaluation)) { decoder.encode(all).mean }
    let encode = try session.compile(graph, outputs: [codes])
    try encode.run()
    let explorer = Explorer(
      exploration, labeler: teacher, student: student.model, generator: decoder,
      statistics: LatentStatistics(codes: try encode.floats(0), size: 2))
    let rate = try number("rate")
    let batches = try record.int32s("batches")
    let count = batches.count / 4
    let program = try StepProgram(
      session,
      [Learner(student, OptimizerState(SGD(learningRate: rate), for: student), learningRate: rate)],
      batch: 4, fields: Cast.examples.fields, pipeline: PlainPipeline(Cast.examples.fields),
      seed: 1,
      steps: count,
      scheme: OfflineDistillation(
        students: [student], teacher: teacher,
        losses: [NamedLoss(SoftTargetLoss(temperature: try number("temperature")))],
        explorer: explorer))
    #expect(Array(program.names[1...2]) == ["kd", "kd-generated"])
    var losses: [Float] = []
    for step in steps ?? 0..<count {
      let ids = batches[4 * step..<4 * step + 4]
      let pictures = ids.flatMap { images[16 * Int($0)..<16 * Int($0) + 16] }
      try program.run(
        fields: [.float32(pictures)], labels: [0, 0, 0, 0], indices: Array(ids), step: step)
      losses += try program.losses()[1...2].map(Float.init)
    }
    let weights = try student.weights(in: session)
    return (weights, losses, student.exported(weights), record)
  }

  private func expectRecorded(
    _ found: (weights: FlatWeights, losses: [Float], named: [NamedWeights], record: Safetensors),
    _ name: String
  ) throws {
    let expected = try found.record.floats("\(name).losses")
    #expect(VerificationResult.lossError(found.losses, expected) < 2e-5, "\(found.losses)")
    for weights in found.named {
      let isChain = AdaptedModel.isAdapter(weights.name)
      let own = isChain ? weights.name.split(separator: ".").last ?? "" : "student.\(weights.name)"
      let known = try found.record.floats("\(name).\(own)")
      #expect(
        VerificationResult.relativeDistance(weights.values, known) < 1e-4, "\(weights.name)")
    }
  }

  @Test(arguments: ["cpu", "opencl"]) func chainsGoOnFromVisitToVisit(_ device: String) throws {
    let found = try train("chains", device) { $0.chains = true }
    try expectRecorded(found, "chains")
    #expect(found.named.count { AdaptedModel.isAdapter($0.name) } == 2)
  }

  @Test(arguments: ["cpu", "opencl"]) func someStepsClimb(_ device: String) throws {
    let found = try train("climb", device) {
      $0.climb = Climb(from: 0.3, every: 2)
    }
    #expect(found.record.metadata["from"] == "0.3" && found.record.metadata["every"] == "2")
    try expectRecorded(found, "climb")
  }

  /// Steps in deviations of the codes, of which one coordinate spreads otherwise than the other.
  @Test(arguments: ["cpu", "opencl"]) func whitenedStepsClimb(_ device: String) throws {
    let found = try train("whitened", device) { $0.whitened = true }
    try expectRecorded(found, "whitened")
    let plain = try train("whitened", device) { _ in }
    #expect(plain.losses != found.losses)
  }

  /// Where chains stand is in the student's store, so that training goes on bit for bit.
  @Test func chainsGoOnWithTheStudent() throws {
    func weights(_ steps: Range<Int>, _ start: FlatWeights?) throws -> FlatWeights {
      try train("chains", "cpu", steps: steps, from: start) { $0.chains = true }.weights
    }
    let half = try weights(0..<5, nil)
    let (whole, continued) = (try weights(0..<8, nil), try weights(5..<8, half))
    #expect(whole == continued)
  }

  @Test func aStepThatRestsAsksTheTeacherLess() {
    var exploration = Exploration(.first)
    exploration.climb = Climb(from: 0.25, every: 3)
    #expect(exploration.teacherEvaluations(batch: 8) == 24)
    #expect(exploration.resting.teacherEvaluations(batch: 8) == 8)
    exploration.chains = true
    #expect(exploration.teacherEvaluations(batch: 8) == 8)
    for steps in [1, 7, 10, 100] {
      for climb in [
        Climb(), Climb(from: 0.25, every: 3), Climb(from: 0.99), Climb(from: 0, every: 4),
      ] {
        for done in 0...steps {
          let counted = (0..<done).count { climb.climbs($0, of: steps) }
          #expect(climb.count(of: done, in: steps) == counted, "\(climb) \(done) of \(steps)")
        }
      }
    }
    #expect(!Climb(from: 0.25).climbs(24, of: 100) && Climb(from: 0.25).climbs(25, of: 100))
  }
}
