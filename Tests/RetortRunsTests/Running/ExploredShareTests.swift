import RetortCPU
import RetortDistillation
import RetortFormats
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Fewer or more new examples than real ones: what is counted and drawn is what there is.
@Suite struct ExploredShareTests {
  @Test(arguments: [0.25, 1.5]) func everyOrderIsCountedAndDrawn(_ ratio: Double) throws {
    try SmallPictures.withFolder { home in
      let orders = Exploration.Kind.allCases
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: shares
          data: {name: fashion-mnist, directory: \(home)/pictures}
          train: {steps: 3}
          stages:
            - {name: teacher, teacher: {model: mlp, hidden1: 4, hidden2: 0}}
            - {name: generator, generator: {model: conv-vae, latent: 2, width: 1, hidden: 2}}
            - name: distil
              data: {labelled: 20}
              teacher: {from: teacher}
              generator: {from: generator}
              student: {model: mlp, hidden1: 4, hidden2: 0}
              explore: {ratio: \(ratio)}
              train: {batch: 4}
              variants:
          \(orders.map { "      - {name: \($0.rawValue), explore: {kind: \($0.rawValue)}}" }
            .joined(separator: "\n"))
          """, path: "shares.yaml")
      let results = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run()
      for (order, result) in zip(orders, results.suffix(orders.count)) {
        // 20 logits are looked up; one or six of each step's new examples are labelled.
        let searched = order.usesGradient ? 3 : 1
        #expect(
          result.teacherEvaluations == 20 + 3 * (ratio < 1 ? 1 : 6) * searched, "\(order.rawValue)")
        #expect(result.labelledExamples == 20)
        let path = "\(home)/out/stages/distil/\(order.rawValue)/explored.json"
        let json = try JSONValue.parse(try FileBytes.read(path)[...], path: path)
        #expect(json["samples"]?.array?.count == 10)
        for sample in json["samples"]?.array ?? [] {
          #expect(sample.array?.count == 1 + (order.needsGenerator ? 1 : 0) + searched)
        }
        let divergences = json["steps"]?.array?.compactMap { $0["divergence"]?.double } ?? []
        #expect(divergences.count == searched && divergences.allSatisfy(\.isFinite))
      }
    }
  }

  /// Of enough examples it is said how few keep their label when a generator that has hardly learnt reconstructs them.
  @Test(arguments: [600, 60]) func aWeakGeneratorIsToldOf(_ count: Int) throws {
    try SmallPictures.withFolder { home in
      try SmallPictures.write(to: home + "/more", training: count)
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: weak
          data: {name: fashion-mnist, directory: \(home)/more}
          train: {steps: 1}
          stages:
            - {name: teacher, teacher: {model: mlp, hidden1: 8, hidden2: 0}, train: {steps: 60}}
            - {name: generator, generator: {model: conv-vae, latent: 2, width: 1, hidden: 2}}
            - name: distil
              teacher: {from: teacher}
              generator: {from: generator}
              student: {model: mlp, hidden1: 4, hidden2: 0}
              explore: {kind: zero}
          """, path: "weak.yaml")
      var notes: [String] = []
      _ = try RecipeRunner(
        recipe, on: CPUBackend(), into: home + "/out",
        report: { if case .dataNoted(let note) = $0 { notes.append(note) } }
      ).run()
      let told = notes.filter {
        $0.hasPrefix("the generator of stage 'distil' is weak: of 512 training examples")
      }
      #expect(told.count == (count == 600 ? 1 : 0), "\(notes)")
      // A check says the same of models in files, and nothing of those that the run itself trains.
      let folder = "\(home)/out/stages"
      let stored = try Recipe.decode(
        yaml: """
          version: 1
          name: distil
          data: {name: fashion-mnist, directory: \(home)/more}
          teacher: {model: mlp, hidden1: 8, hidden2: 0, weights: \(folder)/teacher}
          generator: {model: conv-vae, latent: 2, width: 1, hidden: 2, weights: \(folder)/generator}
          student: {model: mlp, hidden1: 4, hidden2: 0}
          explore: {kind: zero}
          """, path: "distil.yaml")
      let checked = try RecipeRunner.fidelity(of: stored, on: CPUBackend())
      #expect(checked.found.map(\.isWeak) == (count == 600 ? [true] : []))
      #expect(checked.unknown == (count == 600 ? [] : ["distil"]))
      if let found = checked.found.first { #expect(told.contains { $0.hasPrefix(found.text) }) }
      let itself = try RecipeRunner.fidelity(of: recipe, on: CPUBackend())
      #expect(itself.found.isEmpty && itself.unknown == ["distil"])
    }
  }
}
