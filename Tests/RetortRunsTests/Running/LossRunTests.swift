import RetortCPU
import RetortDistillation
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Recipes with every loss of a family, run for a step.
@Suite struct LossRunTests {
  private func run(_ yaml: String, in home: String) throws -> StageResult {
    let recipe = try Recipe.decode(yaml: yaml, path: home + "/losses.yaml")
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: home + "/again.yaml")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    let results = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run()
    let losses = results[1].losses
    #expect(!losses.isEmpty && losses.values.allSatisfy(\.isFinite), "\(losses)")
    return results[1]
  }

  private func pictures(_ losses: String) throws -> StageResult {
    var result: StageResult?
    try SmallPictures.withFolder { home in
      result = try run(
        """
        version: 1
        name: family
        data: {name: fashion-mnist, directory: \(home)/pictures}
        train: {steps: 1, batch: 4}
        stages:
          - {name: a, teacher: {model: resnet8}}
          - name: b
            teacher: {from: a}
            student: {model: resnet8}
            losses: [\(losses)]
        """, in: home)
    }
    return try #require(result)
  }

  @Test func losses() throws {
    let kinds = [
      "soft-cross-entropy", "reverse-kl", "jsd", "logits", "dkd", "dist", "standardized-kd",
      "hard-labels", "top-k", "sigmoid-kd", "ctkd",
    ]
    let all = "cross-entropy, kd, \(kinds.joined(separator: ", "))"
    let result = try pictures("\(all), {kind: ctkd, name: instance, scope: instance}")
    let names = kinds.filter { $0 != "dist" } + ["dist-classes", "dist-examples", "instance"]
    #expect(Set(result.losses.keys) == Set(names + ["loss", "cross-entropy", "kd"]))
    // Logits are looked up: the teacher has been asked once of each example.
    #expect(result.teacherEvaluations == 60)
  }

  /// Losses for classes of unequal sizes know the sizes of the examples that are trained on.
  @Test func unequalClasses() throws {
    let losses = "losses: [cross-entropy, logit-adjusted, class-weighted, {kind: ldam, defer: 0}]"
    func run(_ data: String) throws -> [String: Double] {
      var found: [String: Double] = [:]
      try SmallPictures.withFolder { home in
        let recipe = try Recipe.decode(
          yaml: """
            version: 1
            name: classes
            data: {name: fashion-mnist, directory: \(home)/pictures, \(data)}
            train: {steps: 1, batch: 20}
            student: {model: lenet5-small}
            \(losses)
            """, path: home + "/classes.yaml")
        found = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run()[0].losses
      }
      return found
    }
    let even = try run("labelled: 60")
    let plain = try #require(even["cross-entropy"])
    for name in ["logit-adjusted", "class-weighted"] {
      #expect(abs(try #require(even[name]) - plain) < 1e-5)
    }
    let uneven = try run("long-tail: 6")
    #expect(Set(uneven.values).count == 5 && uneven.values.allSatisfy(\.isFinite), "\(uneven)")
    #expect(throws: ClassCountError.emptyClass(9, loss: "logit-adjusted")) {
      try run("labelled: 9, seed: 3")
    }
  }

  @Test func features() throws {
    let one = "taps: [{student: layer1, teacher: layer1}]"
    let two = "taps: [{student: layer1, teacher: layer1}, {student: layer2, teacher: layer2}]"
    let kinds = [
      "attention-transfer", "vid", "factor-transfer", "nst", "activation-boundary", "review",
    ]
    let maps = kinds.map { "{kind: \($0), \(two)}" }.joined(separator: ", ")
    let result = try pictures(
      """
      {kind: hint, \(one)}, \(maps), {kind: crd, \(one), width: 4}, jacobian,
                     {kind: overhaul, taps: [{student: bn1, teacher: bn1}]},
                     {kind: crd, name: memory, \(one), width: 4, negatives: 16}
      """)
    #expect(
      Set(result.losses.keys)
        == Set(
          kinds + [
            "loss", "hint", "factor-transfer-paraphraser", "crd", "jacobian", "overhaul", "memory",
          ]))
  }

  @Test func ownLayers() throws {
    let modules = "modules: [layer1, layer2, layer3]"
    let result = try pictures(
      """
      cross-entropy, teacher-free, {kind: exits, \(modules)}, {kind: self-attention, \(modules)},
                     {kind: native-ensemble, modules: [layer2, layer3], branches: 1}
      """)
    let terms =
      ["labels", "logits", "features"].map { "exits-\($0)" }
      + ["labels", "ensemble", "logits"].map { "native-ensemble-\($0)" }
    let alone = ["loss", "cross-entropy", "teacher-free", "self-attention"]
    #expect(Set(result.losses.keys) == Set(terms + alone))
    #expect(result.trained.parameters == result.teacher?.parameters, "exits are not exported")
    let exits = result.trained.exits
    #expect(exits.map(\.module) == ["layer1", "layer2", nil])
    #expect(exits.last?.accuracy == result.trained.accuracy)
    #expect(exits.last?.macs == result.trained.macs)
    #expect(exits.allSatisfy { $0.secondsPerExample > 0 })
  }

  @Test func relations() throws {
    let two = "taps: [{student: layer1, teacher: layer1}, {student: layer2, teacher: layer2}]"
    let kinds = ["fsp", "svd", "similarity", "correlation", "pkt", "ickd", "affinity"]
    let maps = kinds.map { "{kind: \($0), \(two)}" }.joined(separator: ", ")
    let result = try pictures(
      """
      \(maps), {kind: rkd, \(two)}, {kind: irg, \(two)}, {kind: pkt, name: outputs},
                     {kind: mhgd, \(two)}
      """)
    #expect(
      Set(result.losses.keys)
        == Set(
          kinds + [
            "loss", "rkd-distance", "rkd-angle", "irg-vertices", "irg-edges", "outputs", "mhgd",
            "mhgd-estimator",
          ]))
  }

  /// A derivative alone asks the teacher in each step, though nothing is tapped.
  @Test func derivativesAskTheTeacher() throws {
    #expect(try pictures("jacobian").teacherEvaluations == 4)
  }

  /// The bundled recipe of three families, a step of each of its students.
  @Test func theBundledRecipeRuns() throws {
    try SmallPictures.withFolder { home in
      let data = "{name: fashion-mnist, directory: \(home)/pictures}"
      let teacher = try Recipe.decode(
        yaml: """
          version: 1
          name: teacher
          data: \(data)
          train: {steps: 1, batch: 4}
          teacher: {model: resnet8, width: 16}
          """, path: home + "/teacher.yaml")
      let trained = try RecipeRunner(teacher, on: CPUBackend(), into: home + "/first").run()
      let weights = "\(home)/first/teacher/model.safetensors"
      let recipe = try Recipe.load(
        "fashion-losses",
        overrides: [
          "stages.*.data={directory: \(home)/pictures, labelled: 40}",
          "stages.*.train={steps: 1, batch: 4}",
          "stages.*.teacher.weights=\(weights)",
        ])
      let results = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/second").run()
      #expect(trained.count == 1 && results.count == 16)
      for result in results {
        #expect(
          result.losses.count > 2 && result.losses.values.allSatisfy(\.isFinite), "\(result.losses)"
        )
      }
    }
  }

  @Test func texts() throws {
    try SmallTexts.withFolder { home in
      let layer = "encoder.layer.0"
      func taps(_ names: String...) -> String {
        let pairs = names.map { "{student: \(layer)\($0), teacher: \(layer)\($0)}" }
        return "taps: [\(pairs.joined(separator: ", "))]"
      }
      let attention = ".attention.self"
      let (query, key, value) = ("\(attention).query", "\(attention).key", "\(attention).value")
      let sizes = "layers: 1, heads: 2, feed-forward: 16, dropout: 0"
      let result = try run(
        """
        version: 1
        name: family
        data: {name: text-pairs, training: pairs.tsv, test: test-pairs.tsv, vocabulary: vocab.txt, length: 10}
        train: {steps: 1, batch: 4}
        stages:
          - {name: a, teacher: {model: sentence-bert, width: 16, \(sizes)}}
          - name: b
            teacher: {from: a}
            student: {model: sentence-bert, width: 8, \(sizes)}
            losses:
              - {kind: token-cosine, \(taps(""))}
              - {kind: attention-scores, \(taps(query, key)), heads: 2}
              - {kind: minilm, \(taps(query, key, value)), heads: 2}
              - {kind: minilm2, \(taps(query, key, value)), heads: 4}
        """, in: home)
      #expect(
        Set(result.losses.keys)
          == [
            "loss", "token-cosine", "attention-scores", "minilm-attention", "minilm-values",
            "minilm2",
          ])
    }
  }
}
