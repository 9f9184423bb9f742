import RetortCPU
import RetortFormats
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

  /// A model whose batch norms hardly follow their batches in so few steps is measured by what they began with.
  @Test(arguments: ["mobilenetv3-small", "mobilenetv2"])
  func shortTrainingsOfSlowBatchNormsAreNoted(_ model: String) throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: short
          data: {name: fashion-mnist, directory: \(home)/pictures}
          student: {model: \(model), width: 0.25}
          train: {steps: 1, batch: 2}
          """, path: "short.yaml")
      var notes: [String] = []
      let runner = RecipeRunner(
        recipe, on: CPUBackend(), into: home + "/\(model)",
        report: { if case .dataNoted(let note) = $0 { notes.append(note) } },
        isCancelled: { !notes.isEmpty })
      _ = try? runner.run()
      #expect(notes.isEmpty == (model == "mobilenetv2"), "\(notes)")
    }
  }

  /// What a scheme keeps from step to step is part of checkpoints: a run that was cut off ends with the bits of one
  /// that was not.
  @Test(arguments: [
    "mutual", "collaborative", "online", "{kind: codistillation, every: 3}",
    "{kind: snapshot, every: 3}",
    "{kind: ps-kd, every: 3}", "{kind: collaborative, own-views: true}\naugment: {shift: 2}",
  ])
  func aRunGoesOn(_ scheme: String) throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: peers
          data: {name: fashion-mnist, directory: \(home)/pictures}
          scheme: \(scheme)
          students: [{name: a, model: mlp, hidden1: 4, hidden2: 0}, {name: b, model: lenet5-small}]
          train: {steps: 10, batch: 8}
          checkpoints: {steps: 4}

          """, path: "peers.yaml")
      #expect(try Recipe.decode(yaml: recipe.expandedYAML, path: "again") == recipe)
      let whole = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/whole").run()
      #expect(whole[0].losses.values.allSatisfy { $0.isFinite })
      #expect(whole[0].losses["b/kd"] ?? 0 > 0)
      breakOff(recipe, into: home + "/cut", after: 6)
      _ = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/cut", isResumed: true).run()
      for name in ["a", "b"] {
        let path = "/students/\(name)/model.safetensors"
        #expect(
          try FileBytes.read(home + "/whole" + path) == FileBytes.read(home + "/cut" + path))
      }
    }
  }
}
