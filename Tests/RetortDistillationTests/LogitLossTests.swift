import RetortCPU
import RetortCore
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// The squared distance of logits beside its definition.
@Suite struct LogitLossTests {
  @Test func lossAndGradientAreThoseOfTheDefinition() throws {
    let (own, other): ([Float], [Float]) = ([1, -2, 3, 0.5, 40, -7], [0, 2, 3.5, -1, 38, 100])
    let graph = Graph()
    let (student, teacher) = (graph.input("s", [2, 3]), graph.input("t", [2, 3]))
    let inputs = StepInputs(
      graph: graph, example: Example(student), labels: student, indices: student,
      randomState: student)
    let x = Comparison(
      inputs: inputs, context: inputs.context(.training), learner: Module(),
      examples: inputs.example,
      student: Taps(output: student), teacher: Taps(output: teacher), labels: nil)
    let terms = LogitLoss().terms(x, name: "a")
    #expect(terms.map(\.name) == ["a"])
    let executable = try Session(CPUBackend()).compile(
      graph, outputs: [terms[0].value] + gradients(of: terms[0].value, with: [student, teacher]))
    try executable.setInput(0, own)
    try executable.setInput(1, other)
    try executable.run()
    let differences = zip(own, other).map { Double($0) - Double($1) }
    let expected = differences.reduce(0) { $0 + $1 * $1 } / 4
    #expect(abs(Double(try executable.floats(0)[0]) - expected) <= 1e-6 * expected)
    for (found, difference) in zip(try executable.floats(1), differences) {
      #expect(abs(Double(found) - difference / 2) <= 1e-6 * abs(difference))
    }
    #expect(try executable.floats(2).allSatisfy { $0 == 0 })
  }
}
