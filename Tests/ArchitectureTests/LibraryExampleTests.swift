import Foundation
import Retort
import RetortTestSupport
import Testing

@Suite struct LibraryExampleTests {
  @Test func theExampleLearnsOnTheProcessor() throws { try expectLearning(CPUBackend()) }

  @Test func theExampleLearnsOnOpenCL() throws { try expectLearning(OpenCLBackend()) }

  @Test func aRecipeRunsFromAProgram() throws {
    try SmallPictures.withFolder { home in
      try """
      version: 1
      name: small
      data: {name: fashion-mnist, directory: pictures}
      student: {model: mlp, hidden1: 3, hidden2: 0}
      train: {batch: 20, steps: 9}
      """.write(toFile: home + "/small.yaml", atomically: true, encoding: .utf8)
      let results = try runRecipe(
        home + "/small.yaml", overrides: ["train.steps=2"], on: CPUBackend(), into: home + "/out")
      #expect(results.map(\.steps) == [2])
      #expect(try StoredModel(home + "/out").classes == 10)
    }
  }

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
