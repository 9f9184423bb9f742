import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining
import Testing

@Suite("Offline distillation")
struct OfflineDistillationTests {
  private func scheme(
    _ cast: Cast, _ order: Exploration.Kind?, teacher: (any Labeler)? = nil,
    codes: CodeTable? = nil
  ) throws -> OfflineDistillation {
    OfflineDistillation(
      students: [cast.student], teacher: teacher ?? cast.teacher,
      losses: [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())],
      explorer: try order.map { try cast.explorer(Exploration($0)) }, codes: codes)
  }

  @Test("looked-up logits and codes give what teacher and encoder give")
  func tables() throws {
    let cast = try Cast()
    let graph = Graph()
    let images = graph.input("images", [Cast.batch, 4, 4, 1])
    let logits = try cast.run(
      graph, [cast.teacher.model(images, in: ForwardContext(graph, .evaluation))])[0]
    let (first, second) = (
      Variable(name: "logits", count: logits.count, isFrozen: true),
      Variable(name: "codes", count: Cast.batch * 2, isFrozen: true)
    )
    try cast.session.write(logits, to: first)
    try cast.session.write(try cast.codes(), to: second)
    let table = LogitTable(first, classes: 3, live: cast.teacher)
    func losses(_ teacher: (any Labeler)?, _ codes: CodeTable?) throws -> [Float] {
      let inputs = Cast.inputs()
      var scheme = try scheme(cast, .first, teacher: teacher, codes: codes)
      let terms = try scheme.objective(0, inputs).terms
      #expect(terms.map(\.name) == ["cross-entropy", "kd", "kd-generated"])
      return try cast.run(inputs.graph, terms.map(\.value)).map { $0[0] }
    }
    for (live, lookedUp) in zip(try losses(nil, nil), try losses(table, CodeTable(second, size: 2)))
    {
      #expect(abs(live - lookedUp) <= 1e-5 * max(1, abs(live)))
    }
  }

  @Test("only the student changes", arguments: Exploration.Kind.allCases)
  func teacherStays(_ order: Exploration.Kind) throws {
    let cast = try Cast()
    let before = try (
      cast.teacher.weights(in: cast.session), cast.generator.weights(in: cast.session),
      cast.student.weights(in: cast.session)
    )
    let optimizer = OptimizerState(Adam(learningRate: 1e-2), for: cast.student)
    let scheme = try scheme(cast, order)
    let program = try cast.program(
      Learner(cast.student, optimizer, learningRate: 1e-2), scheme)
    var totals: [Double] = []
    for step in 0..<30 {
      try program.run(
        fields: [.float32(cast.images)], labels: cast.labels,
        indices: (0..<Cast.batch).map { Int32($0) }, step: step)
      totals.append(try program.losses()[0])
    }
    #expect(try cast.teacher.weights(in: cast.session) == before.0)
    #expect(try cast.generator.weights(in: cast.session) == before.1)
    #expect(try cast.student.weights(in: cast.session) != before.2)
    #expect(totals[29] < totals[0])
  }

  @Test("the soft-target loss is zero at equal logits and blind to a shift of a row")
  func softTargets() throws {
    let graph = Graph()
    let x = graph.constant([1, 2, -3, 0.5, 0, 4] as [Float], [2, 3])
    let equal = softTargetLoss(student: x, teacher: x, temperature: 4)
    let shifted = softTargetLoss(student: x + 7, teacher: x, temperature: 4)
    let values = try Cast().run(graph, [equal, shifted])
    #expect(abs(values[0][0]) < 1e-6)
    #expect(abs(values[1][0]) < 1e-5)
  }
}
