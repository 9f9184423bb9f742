import RetortCPU
import RetortCore
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// Adapters, and students that learn with them.
@Suite struct HintLossTests {
  @Test func adaptersBringChannelsTogether() throws {
    func outputs(_ student: Shape, _ teacher: Shape) throws -> Shape {
      let store = ParameterStore(try Adapter.matching(student, teacher), name: "adapter")
      let graph = Graph()
      let context = ForwardContext(graph, .training)
      let (own, other) = Adapter.atOneSize(
        store.model(graph.input("x", student), in: context), graph.input("y", teacher))
      #expect(graph.error == nil && own.shape == other.shape)
      return own.shape
    }
    #expect(try outputs([2, 8, 6, 3], [2, 4, 9, 5]) == [2, 4, 6, 5])
    #expect(try outputs([2, 4, 4, 3], [2, 4, 4, 3]) == [2, 4, 4, 3])
    #expect(try outputs([2, 7, 3], [2, 7, 5]) == [2, 7, 5])
    #expect(try outputs([2, 3], [2, 5]) == [2, 5])
    for (student, teacher): (Shape, Shape) in [
      ([2, 3], [2, 3, 3, 3]), ([2, 7, 3], [2, 6, 3]), ([2], [2]),
    ] {
      #expect(throws: AdapterError.self) { try Adapter.matching(student, teacher) }
    }
  }

  /// Student and adapter learn together, on real and on explored examples; the teacher stays.
  @Test func aStudentLearnsFeatures() throws {
    let cast = try Cast()
    let losses = [
      NamedLoss(CrossEntropyLoss()),
      NamedLoss(HintLoss(taps: [TapPair(student: "hidden", teacher: "hidden")]), name: "f"),
    ]
    let adapted = try AdaptedModel.adapting(
      Classifier(width: 5), to: cast.teacher, losses, examples: Cast.examples, count: Cast.batch)
    let student = ParameterStore(adapted, name: "student")
    #expect(
      student.all.map(\.path) == [
        "hidden.weight", "hidden.bias", "output.weight", "output.bias", "adapters.f.0.weight",
        "adapters.f.0.bias",
      ])
    try student.write(student.initialWeights(seed: 3), to: cast.session)
    let before = try cast.teacher.weights(in: cast.session)
    let scheme = OfflineDistillation(
      students: [student], teacher: cast.teacher, losses: losses,
      explorer: try cast.explorer(Exploration(.zero)))
    let adam = OptimizerState(Adam(learningRate: 1e-2), for: student)
    let program = try cast.program(Learner(student, adam, learningRate: 1e-2), scheme)
    #expect(program.names == ["loss", "cross-entropy", "f", "f-generated"])
    var hints: [Double] = []
    for step in 0..<60 {
      try program.run(
        fields: [.float32(cast.images)], labels: cast.labels,
        indices: (0..<Cast.batch).map { Int32($0) }, step: step)
      hints.append(try program.losses()[2])
    }
    #expect(hints[59] < hints[0] / 2)
    #expect(try cast.teacher.weights(in: cast.session) == before)
  }

  @Test func aWrongPathIsNamed() throws {
    let cast = try Cast()
    let graph = Graph()
    let context = ForwardContext(graph, .evaluation, tapping: ["hiden"])
    let error = #expect(throws: TapError.self) {
      try cast.student.model.taps(Example(graph.input("x", [2, 4, 4, 1])), in: context)
    }
    #expect(error?.nearest.first == "hidden")
  }
}
