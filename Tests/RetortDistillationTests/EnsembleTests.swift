import Foundation
import RetortCPU
import RetortCore
import RetortDistillation
import RetortNN
import RetortOpenCL
import RetortTraining
import Testing

/// Several labelers that answer as one, and each by its name.
@Suite struct EnsembleTests {
  /// Logits that are the inputs times a factor.
  private final class Scaled: Module {
    let factor: Double
    init(_ factor: Double) { self.factor = factor }
    override func forward(_ x: Tensor) -> Tensor { x * factor }
  }

  private static let logits: [Float] = [1, 2, -3, 0, 0, 0, 80, -80, 3, 700, -700, 0]
  private static let labels: [Int32] = [0, 2, 1, 0]
  private static let members: [(factor: Double, weight: Double)] = [(1, 3), (-0.5, 1)]

  private func result(
    _ mean: Ensemble.Mean, _ count: Int, on backend: any Backend
  ) throws -> [Float] {
    let session = Session(backend)
    let ensemble = Ensemble(
      try Self.members.prefix(count).enumerated().map { index, member in
        let store = ParameterStore(Scaled(member.factor), name: "m\(index)", isFrozen: true)
        try store.write(store.initialWeights(seed: 1), to: session)
        return Ensemble.Member("m\(index)", store, weight: member.weight)
      }, mean: mean)
    let graph = Graph()
    var example = Example(graph.input("x", [4, 3]))
    example.labels = graph.constant(Self.labels, [4])
    let executable = try session.compile(
      graph, outputs: [ensemble.logits(of: example, indices: nil, in: graph)])
    try executable.setInput(0, Self.logits)
    try executable.run()
    return try executable.floats(0)
  }

  private func softmax(_ row: [Double]) -> [Double] {
    let largest = row.max() ?? 0
    let powers = row.map { exp($0 - largest) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  /// Beside the definitions in float64: means of probabilities and of logits, huge logits included.
  @Test(arguments: Ensemble.Mean.allCases, ["cpu", "opencl"])
  func theMeanIsThatOfItsDefinition(_ mean: Ensemble.Mean, _ device: String) throws {
    let backend: any Backend = device == "cpu" ? CPUBackend() : try OpenCLBackend("opencl")
    let found = try result(mean, 2, on: backend)
    for row in 0..<4 {
      let x = (0..<3).map { Double(Self.logits[3 * row + $0]) }
      let own = softmax((0..<3).map { Double(found[3 * row + $0]) })
      let parts = Self.members.map { part in (x.map { $0 * part.factor }, part.weight / 4) }
      let expected =
        switch mean {
        case .logits:
          softmax((0..<3).map { index in parts.reduce(0) { $0 + $1.0[index] * $1.1 } })
        case .probabilities, .random:
          (0..<3).map { index in parts.reduce(0) { $0 + softmax($1.0)[index] * $1.1 } }
        case .entropy, .confidence, .surest:
          weighed(mean, parts.map { (softmax($0.0), $0.1) }, label: Int(Self.labels[row]))
        }
      for (a, b) in zip(own, expected) { #expect(abs(a - b) <= 1e-5) }
    }
    #expect(try result(mean, 1, on: backend) == Self.logits, "one alone is its own mean")
  }

  /// What two members say whose weights depend on the example.
  private func weighed(
    _ mean: Ensemble.Mean, _ parts: [(said: [Double], share: Double)], label: Int
  ) -> [Double] {
    let doubts = parts.map { part in
      mean == .confidence
        ? -log(part.said[label]) : part.said.reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
    }
    if mean == .surest { return parts[doubts[1] < doubts[0] ? 1 : 0].said }
    let trust = zip(
      [1 / (1 + exp(doubts[0] - doubts[1])), 1 / (1 + exp(doubts[1] - doubts[0]))], parts
    )
    .map { $0 * $1.share }
    let total = trust[0] + trust[1]
    return (0..<3).map { (trust[0] * parts[0].said[$0] + trust[1] * parts[1].said[$0]) / total }
  }

  /// In each step one member answers for the whole batch, as often as its weight says.
  @Test func oneMemberIsDrawnInEachStep() throws {
    let cast = try Cast()
    let other = ParameterStore(Classifier(width: 7), name: "other", isFrozen: true)
    try other.write(other.initialWeights(seed: 9), to: cast.session)
    let members = [Ensemble.Member("a", cast.teacher, weight: 3), .init("b", other)]
    let inputs = Cast.inputs()
    let drawn = Ensemble(members, mean: .random).drawn(in: inputs)
    let again = Ensemble(members, mean: .random).drawn(in: inputs)
    let graph = inputs.graph
    func said(_ labeler: any Labeler) -> Tensor {
      labeler.logits(of: inputs.example, indices: nil, in: graph)
    }
    #expect(said(drawn).id == said(again).id, "all that ask in a step are answered by the same")
    let outputs = [said(drawn)] + members.map { said($0.labeler) }
    var taken: [Int] = []
    for step in 0..<64 {
      let found = try cast.run(graph, outputs, step: step)
      taken.append(try #require((1...2).first { found[$0] == found[0] }))
    }
    #expect((38...58).contains(taken.count { $0 == 1 }), "\(taken)")
  }

  /// Of teachers that are weighed soft cross-entropy has the gradient of soft targets, at every temperature.
  @Test(arguments: [Ensemble.Mean.entropy, .confidence, .random])
  func bothSoftLossesWeighTeachers(_ mean: Ensemble.Mean) throws {
    let cast = try Cast()
    let other = ParameterStore(Classifier(width: 7), name: "other", isFrozen: true)
    try other.write(other.initialWeights(seed: 9), to: cast.session)
    func gradient(_ loss: any DistillationLoss) throws -> [Float] {
      let inputs = Cast.inputs()
      var scheme = OfflineDistillation(
        students: [cast.student],
        teacher: Ensemble([.init("a", cast.teacher), .init("b", other)], mean: mean),
        losses: [NamedLoss(loss)])
      let value = try scheme.objective(0, inputs).terms[0].value
      return try cast.run(inputs.graph, [cast.student.gradient(of: value)])[0]
    }
    let soft = try gradient(SoftCrossEntropyLoss(temperature: 3))
    let kd = try gradient(SoftTargetLoss(temperature: 3))
    #expect(kd.contains { abs($0) > 1e-3 })
    for (a, b) in zip(soft, kd) { #expect(abs(a - b) < 1e-6) }
  }

  private static func pair() -> Ensemble {
    Ensemble([
      .init("a", ParameterStore(Classifier(width: 5), name: "a", isFrozen: true)),
      .init("b", ParameterStore(Classifier(width: 6), name: "b", isFrozen: true)),
    ])
  }

  @Test func membersKeepTheirPathsUnderTheirNames() throws {
    let ensemble = Self.pair()
    #expect(
      try ensemble.shapes(of: ["a.hidden", "b.hidden"], for: Cast.examples) == [
        "a.hidden": [2, 5], "b.hidden": [2, 6],
      ])
    #expect(try ensemble["b"]?.shapes(of: ["hidden"], for: Cast.examples) == ["hidden": [2, 6]])
    #expect(ensemble["c"] == nil)
    #expect(throws: TapError(path: "b.hiden", nearest: ["b.hidden"])) {
      try ensemble.shapes(of: ["b.hiden"], for: Cast.examples)
    }
    #expect(throws: TapError.self) { try ensemble.shapes(of: ["hidden"], for: Cast.examples) }
  }

  /// A loss compares with the teacher that it names, and with the mean where it names none.
  @Test func aLossLearnsFromTheTeacherThatItNames() throws {
    let cast = try Cast()
    let other = ParameterStore(Classifier(width: 7), name: "other", isFrozen: true)
    try other.write(other.initialWeights(seed: 9), to: cast.session)
    let both = Ensemble([.init("a", cast.teacher), .init("b", other, weight: 3)], mean: .logits)
    let kind = SoftTargetLoss(temperature: 2)
    func values(_ teacher: any Labeler, _ names: [String?]) throws -> [Float] {
      let inputs = Cast.inputs()
      var exploration = Exploration(.pixelNoise)
      exploration.noise = 0
      var scheme = OfflineDistillation(
        students: [cast.student], teacher: teacher,
        losses: names.map { NamedLoss(kind, name: $0, teacher: $0) },
        explorer: Explorer(
          exploration, labeler: teacher, student: cast.student.model, generator: nil,
          statistics: nil))
      return try cast.run(
        inputs.graph, scheme.objective(0, inputs).terms.map(\.value)
      ).map { $0[0] }
    }
    let found = try values(both, ["a", "b", nil])
    let alone = try [cast.teacher, other].map { try values($0, [nil]) }
    #expect(found.count == 6 && Set(found.prefix(3)).count == 3)
    #expect(found[0] == alone[0][0] && found[1] == alone[1][0])
    // What the search finds is what it began with, so that its losses are those of the examples.
    for (real, generated) in zip(found, found.dropFirst(3)) {
      #expect(abs(real - generated) <= 1e-6 * abs(real))
    }
  }
}
