import RetortCPU
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Students side by side in one stage.
@Suite struct PeerTests {
  /// Those of one model begin with weights of their own, the first with those of the same student alone.
  @Test func eachBeginsWithWeightsOfItsOwn() throws {
    try SmallPictures.withFolder { home in
      func first(_ students: String) throws -> [[Float]] {
        let recipe = try Recipe.decode(
          yaml: """
            version: 1
            name: peers
            seed: 3
            data: {name: fashion-mnist, directory: \(home)/pictures}
            \(students)
            """, path: "peers.yaml")
        let runner = RecipeRunner(recipe, on: CPUBackend(), into: home + "/none")
        let stage = try StageRunner(recipe.stages[0], runner)
        return try stage.pupils.map { pupil in
          try pupil.model.weights(in: runner.session).flatMap(\.values)
        }
      }
      let model = "model: mlp, hidden1: 4, hidden2: 0"
      let named = ["a", "b", "c"].map { "{name: \($0), \(model)}" }.joined(separator: ", ")
      let peers = try first("students: [\(named)]")
      #expect(peers.count == 3 && Set(peers).count == 3)
      #expect(try first("student: {\(model)}") == [peers[0]])
    }
  }
}
