import RetortCPU
import RetortCore
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// Losses that need models: derivatives by pictures, and a temperature that learns.
@Suite struct LearnedLossTests {
  /// The derivatives of both networks are those of differences.
  @Test func jacobiansAreThoseOfDifferences() throws {
    let cast = try Cast()
    let session = Session(CPUBackend(precision: .float64))
    for store in [cast.teacher, cast.student] {
      try store.write(try store.weights(in: cast.session), to: session)
    }
    let inputs = Cast.inputs()
    let context = inputs.context(.training)
    let student = cast.student.model(inputs.example, in: context)
    let teacher = cast.teacher.logits(of: inputs.example, indices: nil, in: inputs.graph)
    let comparison = Comparison(
      inputs: inputs, context: context, learner: cast.student.model, examples: inputs.example,
      student: Taps(output: student), teacher: Taps(output: teacher), labels: nil)
    let terms = JacobianLoss().terms(comparison, name: "j")
    #expect(JacobianLoss.needsLiveTeacher && terms.map(\.name) == ["j"])
    let program = try session.compile(
      inputs.graph, outputs: [terms[0].value, student, teacher])
    func run(_ images: [Float]) throws -> [[Float]] {
      for (index, input) in inputs.graph.inputs.enumerated() where input.name == "images" {
        try program.setInput(index, images)
      }
      try program.run()
      return try (0..<3).map { try program.floats($0) }
    }
    let first = try run(cast.images)
    var derivatives = [[Double]](repeating: [], count: 2)
    let step: Float = 0x1p-8
    for pixel in 0..<16 {
      // Examples do not depend on each other: one pixel of all is moved at once.
      func moved(_ size: Float) throws -> [[Float]] {
        var images = cast.images
        for example in 0..<Cast.batch { images[example * 16 + pixel] += size }
        return try run(images)
      }
      let (above, below) = (try moved(step), try moved(-step))
      for model in 0..<2 {
        for example in 0..<Cast.batch {
          let row = first[2][example * 3..<example * 3 + 3]
          let top = row.firstIndex(of: row.max() ?? 0) ?? 0
          let place = example * 3 + (top - row.startIndex)
          derivatives[model].append(
            Double(above[model + 1][place] - below[model + 1][place]) / Double(2 * step))
        }
      }
    }
    var expected = 0.0
    for example in 0..<Cast.batch {
      func direction(_ model: Int) -> [Double] {
        let row = (0..<16).map { derivatives[model][$0 * Cast.batch + example] }
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / length }
      }
      expected += zip(direction(0), direction(1)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    expected /= Double(Cast.batch)
    #expect(expected > 0.1 && abs(Double(first[0][0]) - expected) < 1e-3, "\(expected)")
  }

  /// A student learns derivatives, on real and on explored examples; the teacher stays.
  @Test(arguments: [JacobianLoss.Projection.top, .random])
  func aStudentLearnsDerivatives(_ projection: JacobianLoss.Projection) throws {
    let cast = try Cast()
    let before = try cast.teacher.weights(in: cast.session)
    let scheme = OfflineDistillation(
      students: [cast.student], teacher: cast.teacher,
      losses: [NamedLoss(JacobianLoss(projection: projection))],
      explorer: try cast.explorer(Exploration(.zero)))
    let adam = OptimizerState(Adam(learningRate: 1e-2), for: cast.student)
    let program = try cast.program(Learner(cast.student, adam, learningRate: 1e-2), scheme)
    #expect(program.names == ["loss", "jacobian", "jacobian-generated"])
    var values: [Double] = []
    for step in 0..<80 {
      try program.run(
        fields: [.float32(cast.images)], labels: cast.labels,
        indices: (0..<Cast.batch).map { Int32($0) }, step: step)
      values.append(try program.losses()[1])
    }
    let (start, end) = (values[..<10].reduce(0, +), values[70...].reduce(0, +))
    #expect(end < start * 0.7, "\(start), \(end)")
    #expect(try cast.teacher.weights(in: cast.session) == before)
  }

  /// A temperature without taps is trained with the student, up its slope; peers would not train it.
  @Test func aTemperatureLearns() throws {
    let cast = try Cast()
    let losses = [NamedLoss(LearnedTemperatureLoss(rise: 10))]
    let adapted = try AdaptedModel.adapting(
      Classifier(width: 5), to: cast.teacher, losses, examples: Cast.examples, count: Cast.batch)
    let student = ParameterStore(adapted, name: "student")
    #expect(student.all.last?.path == "adapters.ctkd.0.level")
    try student.write(student.initialWeights(seed: 3), to: cast.session)
    let scheme = OfflineDistillation(students: [student], teacher: cast.teacher, losses: losses)
    let adam = OptimizerState(SGD(learningRate: 1e-3), for: student)
    let program = try cast.program(Learner(student, adam, learningRate: 1e-3), scheme)
    func level() throws -> Float {
      try #require(student.exported(try student.weights(in: cast.session)).last?.values.first)
    }
    func run(_ step: Int) throws {
      try program.run(
        fields: [.float32(cast.images)], labels: cast.labels,
        indices: (0..<Cast.batch).map { Int32($0) }, step: step)
    }
    try run(0)
    #expect(try level() == 1, "λ is 0 in the first step")
    for step in 1..<20 { try run(step) }
    #expect(try level() != 1)
    #expect(
      Mutual().faults(of: CastPlan(students: 2, losses: losses)).map(\.key) == ["losses"])
  }

  /// Each example has a temperature of its own, and the network that tells it knows how many classes there are.
  @Test func aTemperatureForEachExample() throws {
    let cast = try Cast()
    let losses = [NamedLoss(LearnedTemperatureLoss(rise: 0, scope: .instance))]
    let adapted = try AdaptedModel.adapting(
      Classifier(width: 5), to: cast.teacher, losses, examples: Cast.examples, count: Cast.batch)
    let student = ParameterStore(adapted, name: "student")
    let shapes = student.all.filter { AdaptedModel.isAdapter($0.path) }.map(\.shape)
    #expect(shapes == [[64, 6], [64], [1, 64], [1]])
  }

  /// A student of width 5 whose embeddings are remembered, and a step of it over the eight examples from a place on.
  private struct Remembering {
    let cast: Cast
    let student: ParameterStore
    private let program: StepProgram

    init(learningRate: Double) throws {
      let taps = [TapPair(student: "hidden", teacher: "hidden")]
      let loss = NamedLoss(ContrastiveRepresentationLoss(taps: taps, width: 4, negatives: 7))
      cast = try Cast()
      let adapted = try AdaptedModel.adapting(
        Classifier(width: 5), to: cast.teacher, [loss], examples: Cast.examples, count: 20)
      student = ParameterStore(adapted, name: "student")
      try student.write(student.initialWeights(seed: 3), to: cast.session)
      let scheme = OfflineDistillation(
        students: [student], teacher: cast.teacher, losses: [loss],
        explorer: try cast.explorer(Exploration(.zero)))
      let state = OptimizerState(SGD(learningRate: learningRate), for: student)
      program = try cast.program(
        Learner(student, state, learningRate: learningRate), scheme)
    }

    func run(_ step: Int, from place: Int) throws {
      try program.run(
        fields: [.float32(cast.images)], labels: cast.labels,
        indices: (0..<Cast.batch).map { Int32($0 + place) }, step: step)
    }

    /// What is remembered: `scales`, or a row of four for each example of `student` or `teacher`.
    func memory(_ name: String) throws -> [Float] {
      let found = student.exported(try student.weights(in: cast.session))
      return try #require(found.first { $0.name == "adapters.crd.0.memory.\(name)" }).values
    }
  }

  /// Z is that of the first step, and a run that starts from what was kept goes on to the same bits.
  @Test func whatIsRememberedIsKept() throws {
    let run = try Remembering(learningRate: 1e-2)
    #expect(try run.memory("scales") == [0, 0])
    try run.run(0, from: 0)
    let scales = try run.memory("scales")
    #expect(scales.allSatisfy { $0 > 0 } && scales[0] != scales[1])
    try run.run(1, from: 2)
    #expect(try run.memory("scales") == scales)

    let other = try Remembering(learningRate: 1e-2)
    try other.student.write(
      try run.student.weights(in: run.cast.session), to: other.cast.session)
    try run.run(2, from: 4)
    try other.run(2, from: 4)
    #expect(
      try run.student.weights(in: run.cast.session)
        == other.student.weights(in: other.cast.session))
  }

  /// An embedding that is met goes half the way to what it is now; others stay.
  @Test(arguments: ["student", "teacher"]) func embeddingsMoveHalfTheWay(_ name: String) throws {
    let run = try Remembering(learningRate: 0)
    let before = try run.memory(name)
    try run.run(0, from: 0)
    let once = try run.memory(name)
    #expect(once[32...] == before[32...])
    for step in 1..<40 { try run.run(step, from: 0) }
    let now = try run.memory(name)
    for row in stride(from: 0, to: 32, by: 4) {
      let sum = (0..<4).map { before[row + $0] + now[row + $0] }
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for column in 0..<4 {
        #expect(abs(once[row + column] - sum[column] / length) < 1e-5)
      }
      #expect(abs(now[row..<row + 4].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  /// Features that cannot be compared are refused with a way out.
  @Test func featuresThatDoNotFitAreRefused() throws {
    func refusal(_ loss: any DistillationLoss, _ student: Shape, _ teacher: Shape) -> String {
      do { _ = try loss.adapters([student], [teacher]) } catch { return "\(error)" }
      return "none"
    }
    let maps: [any DistillationLoss] = [
      AttentionTransferLoss(), SelectivityLoss(), ActivationBoundaryLoss(), OverhaulLoss(),
      VariationalInformationLoss(), FactorTransferLoss(), ReviewLoss(), FlowLoss(),
      ChannelCorrelationLoss(), AffinityLoss(), SingularVectorLoss(), GraphAttentionLoss(),
    ]
    for loss in maps {
      #expect(refusal(loss, [2, 3], [2, 3]).contains("whose results are maps"), "\(loss)")
    }
    #expect(refusal(FlowLoss(), [2, 4, 4, 3], [2, 4, 4, 5]).contains("as many channels"))
    #expect(refusal(TokenCosineLoss(), [2, 5, 8], [2, 6, 8]).contains("as long as each other"))
    #expect(refusal(SelfRelationLoss(), [2, 5, 8], [2, 5, 24]).contains("'heads' that divide"))
    #expect(FlowLoss(taps: [TapPair()]).faults.count == 1 && FlowLoss().faults.isEmpty)
    #expect(SingularVectorLoss(taps: [TapPair()]).faults.count == 1)
    #expect(GraphAttentionLoss(taps: [TapPair()]).faults.count == 1)
    #expect(AttentionScoreLoss(taps: [TapPair()], heads: 2).faults.count == 1)
    #expect(AttentionDistributionLoss(taps: [TapPair()], heads: 2).faults.count == 1)

    // The teacher's tap of 'overhaul' is a batch norm.
    let graph = Graph()
    let map = graph.input("m", [2, 4, 4, 3])
    let pair = FeaturePair(
      student: map, teacher: map.relu(), adapter: nil,
      comparison: Comparison(
        inputs: Cast.inputs(), context: ForwardContext(graph, .training), learner: Module(),
        examples: Example(map), student: nil, teacher: nil, labels: nil))
    _ = try OverhaulLoss().distance(pair)
    #expect("\(try #require(graph.error))".contains("is no batch norm"))
  }
}
