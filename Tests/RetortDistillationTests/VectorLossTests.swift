import RetortCPU
import RetortCore
import RetortNN
import RetortOpenCL
import RetortTestSupport
import RetortTraining
import RetortVerification
import Testing

@testable import RetortDistillation

/// Losses of vectors and of relations beside PyTorch's, and what they refuse.
@Suite struct VectorLossTests {
  private static let cases: [String: any DistillationLoss] = [
    "squared": EmbeddingLoss(distance: .squared), "cosine": EmbeddingLoss(distance: .cosine),
    "contrastive": ContrastiveLoss(),
    "symmetric": ContrastiveLoss(temperature: 0.2, symmetric: true),
    "rkd-distance": RelationLoss(distance: 1, angle: 0),
    "rkd-angle": RelationLoss(distance: 0, angle: 1), "similarity": SimilarityLoss(),
  ]

  @Test(arguments: cases.keys.sorted(), ["cpu", "opencl"])
  func lossAndGradientArePyTorchs(_ name: String, _ device: String) throws {
    let file = try VerificationCase(path: Goldens.lossPath("vectors/\(name)"))
    let backend: any Backend = device == "cpu" ? CPUBackend() : try OpenCLBackend("opencl")
    let result = try replayLoss(file, on: backend) { student, teacher, _ in
      let terms = try Self.terms(Self.cases[name] ?? LogitLoss(), student[0], teacher[0])
      #expect(terms.count == 1 && terms[0].weight == 1)
      return terms[0].value
    }
    #expect(result.isWithinTolerance, "\(result)")
  }

  /// In float64 the analytic gradients are those of central differences.
  @Test(arguments: cases.keys.sorted())
  func gradientsAreThoseOfDifferences(_ name: String) throws {
    let file = try VerificationCase(path: Goldens.lossPath("vectors/\(name)"))
    let shape = Shape(try file.content.tensor("student.0").shape)
    let own = try file.content.floats("student.0")
    let graph = Graph()
    let student = graph.input("s", shape)
    let teacher = graph.constant(
      try file.content.floats("teacher.0"), Shape(try file.content.tensor("teacher.0").shape))
    let value = try Self.terms(Self.cases[name] ?? LogitLoss(), student, teacher)[0].value
    let executable = try Session(CPUBackend(precision: .float64)).compile(
      graph, outputs: [value] + gradients(of: value, with: [student]))
    func run(_ values: [Float]) throws -> (Double, [Float]) {
      try executable.setInput(0, values)
      try executable.run()
      return (Double(try executable.floats(0)[0]), try executable.floats(1))
    }
    let gradient = try run(own).1
    for place in stride(from: 0, to: own.count, by: 5) {
      var moved = own
      moved[place] += 0.01
      let above = try run(moved).0
      let up = Double(moved[place])
      moved[place] = own[place] - 0.01
      let slope = (above - (try run(moved).0)) / (up - Double(moved[place]))
      #expect(abs(slope - Double(gradient[place])) < 2e-3 * max(1, abs(slope)), "\(name) \(place)")
    }
  }

  /// What is alike as a whole has no loss; no gradient reaches the teacher.
  @Test(arguments: ["cosine", "squared", "rkd-distance", "rkd-angle", "similarity"])
  func equalVectorsHaveNoLoss(_ name: String) throws {
    let graph = Graph()
    let (student, teacher) = (graph.input("s", [4, 3]), graph.input("t", [4, 3]))
    let value = try Self.terms(Self.cases[name] ?? LogitLoss(), student, teacher)[0].value
    let executable = try Session(CPUBackend()).compile(
      graph, outputs: [value] + gradients(of: value, with: [teacher]))
    let values: [Float] = [1, 2, 3, -1, 0.5, 2, 0, 4, 1, 2, 2, -3]
    for place in 0..<2 { try executable.setInput(place, values) }
    try executable.run()
    #expect(abs(try executable.floats(0)[0]) < 1e-6)
    #expect(try executable.floats(1).allSatisfy { $0 == 0 })
  }

  @Test func vectorsOfTwoSizesAreRefused() {
    let graph = Graph()
    let (student, teacher) = (graph.input("s", [4, 3]), graph.input("t", [4, 5]))
    let error = #expect(throws: VectorSizeError.self) {
      try Self.terms(EmbeddingLoss(), student, teacher)
    }
    #expect(error == VectorSizeError(student: 3, teacher: 5))
    #expect(error?.description.contains("'width: 5'") == true)
  }

  private static func terms(
    _ loss: any DistillationLoss, _ student: Tensor, _ teacher: Tensor
  ) throws -> [LossTerm] {
    let inputs = StepInputs(
      graph: student.graph, example: Example(student), labels: student, indices: student,
      randomState: student)
    return try loss.terms(
      Comparison(
        inputs: inputs, context: inputs.context(.training), learner: Module(),
        examples: inputs.example, student: Taps(output: student), teacher: Taps(output: teacher),
        labels: nil), name: "a")
  }
}
