import Retort
import Testing

@Suite struct LibraryExampleTests {
  @Test func theExampleLearnsOnTheProcessor() throws { try expectLearning(CPUBackend()) }

  @Test func theExampleLearnsOnOpenCL() throws { try expectLearning(OpenCLBackend()) }

  /// A teacher with untrained weights has opinions too, and the student comes to share them.
  private func expectLearning(_ backend: any Backend) throws {
    let teacher = MLP(inputs: 784, hidden: [64], classes: 10)
    let weights = MLP(inputs: 784, hidden: [64], classes: 10)
    let store = ParameterStore(weights, name: "weights")
    let losses = try distil(
      teacher, store.exported(store.initialWeights(seed: 7)), steps: 60, on: backend)
    #expect(losses.count == 6)
    let first = try #require(losses.first)
    let last = try #require(losses.last)
    #expect(first > 0)
    #expect(last < 0.75 * first)
  }
}
