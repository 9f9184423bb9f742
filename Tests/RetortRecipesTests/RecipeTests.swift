import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining
import Testing

@testable import RetortRecipes

@Suite struct RecipeTests {
  @Test(arguments: BundledRecipes.names)
  func bundledRecipesDecodeAndRoundTrip(_ name: String) throws {
    let recipe = try Recipe.load(name)
    #expect(recipe.name == name)
    #expect(!BundledRecipes.summary(name).isEmpty)
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe)
    #expect(again.sha256 == recipe.sha256)
  }

  @Test func theDemoHasSixArmsThatInherit() throws {
    let recipe = try Recipe.load("fashion-demo")
    #expect(
      recipe.stages.map(\.name) == [
        "teacher", "generator", "distil/labels-only", "distil/kd", "distil/mixup",
        "distil/samples", "distil/tgt-zero", "distil/tgt-first",
      ])
    #expect(
      recipe.stages.flatMap(\.trainees).map(\.role) == [.teacher, .generator]
        + Array(repeating: .student, count: 6))
    #expect(recipe.stages[1].losses == [NamedLoss(VariationalLoss(klWeight: 0.25))])
    #expect(recipe.stages[2].losses == [NamedLoss(CrossEntropyLoss())])
    #expect(
      recipe.stages[3].losses == [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())])
    #expect(recipe.stages[3].explore == nil)
    #expect(recipe.stages[7].explore?.step == .displacement(0.5))
    #expect(recipe.stages[7].data.selection == .labelled(300))
    #expect(recipe.stages[7].teacher?.source == .stage("teacher"))
  }

  @Test func everyKeyRoundTrips() throws {
    let recipe = try Recipe.decode(yaml: everything, path: "all.yaml")
    let stage = try #require(recipe.stages.first)
    #expect(recipe.compute == .bf16)
    #expect(stage.data.selection == .longTail(imbalance: 12.5))
    #expect((stage.data.source as? FashionMNIST)?.directory == "/a b/é\"")
    #expect(stage.explore?.divergence == .jensenShannon(beta: 0.1))
    #expect(stage.optimizer.schedule.kind as? StepSchedule == StepSchedule(period: 7, gamma: 0.3))
    #expect((stage.optimizer.rule as? AdamW)?.epsilon == 1e-8)
    #expect(
      stage.augment == Augmentation(shift: 1, padding: .reflect, flip: true, cutout: 3))
    #expect(stage.train.sampling == .squareRoot)
    #expect(stage.student?.options == ["width": 8, "projection": 0])
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe)
    #expect(again.expandedYAML == recipe.expandedYAML)
  }

  @Test(arguments: [
    "kind: rmsprop", "kind: rmsprop, alpha: 0.9, epsilon: 1e-7, momentum: 0.5, centered: true",
    "clip-norm: 0.5", "clip-value: 2", "average: {decay: 0.9999, from: 3}",
    "kind: sgd, clip-norm: 1, average: {kind: equal, from: 7}",
    "kind: sgd, momentum: 0.9, dampening: 0.1, weight-decay: 0.1, decay-biases: false",
    "kind: adamw, amsgrad: true, decay-norms: false",
    "kind: sgd, momentum: 0.9, nesterov: true, schedule: {kind: one-cycle, base-momentum: 0.5}",
    "schedule: {kind: one-cycle, cycle-momentum: false, warmup: 3}",
    "schedule: {kind: multi-step, at: [3, 9], factor: 0.5}",
    "schedule: {kind: cosine, floor: 0.01}",
    "schedule: {kind: polynomial, power: 0.9}",
  ])
  func optimizersRoundTrip(_ keys: String) throws {
    let recipe = try Recipe.decode(
      yaml: "{version: 1, name: a, student: {model: lenet5}, optimizer: {\(keys)}}", path: "a.yaml")
    #expect(recipe.stages[0].optimizer != OptimizerSpec())
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe)
    #expect(again.expandedYAML == recipe.expandedYAML)
  }

  @Test func optimizersSayWhatTheyDo() throws {
    let recipe = try Recipe.decode(
      yaml: """
        {version: 1, name: a, student: {model: lenet5}, optimizer: {kind: rmsprop, alpha: 0.9,
        centered: true, clip-norm: 2, average: {decay: 0.5}}}
        """, path: "a.yaml")
    let store = ParameterStore(Linear(2, 3), name: "s")
    for compute in ComputeType.allCases {
      let state = recipe.stages[0].optimizer.state(for: store, compute)
      #expect(
        state.update
          == OptimizerUpdate(
            .rmsprop(alpha: 0.9, epsilon: 1e-8, momentum: 0, centered: true, weightDecay: 0),
            clipping: .norm(2), averaging: .exponential(decay: 0.5, from: 0),
            isScaled: compute == .fp16))
      #expect(state.average?.name == "s.average")
      #expect((state.variables.last?.name == "s.loss-scale") == (compute == .fp16))
    }
  }

  @Test func defaultsOfTheDesignPage() throws {
    let recipe = try Recipe.decode(
      yaml: "{version: 1, name: a, student: {model: lenet5}}", path: "a.yaml")
    #expect(
      recipe
        == Recipe(
          name: "a",
          stages: [StageSpec(name: "a", students: [.init("student", ModelSpec(model: "lenet5"))])])
    )
  }

  @Test func otherRecipesHaveOtherHashes() throws {
    let one = try Recipe.load("fashion-kd")
    let other = try Recipe.load("fashion-kd", overrides: ["seed=2"])
    #expect(one.sha256.count == 64)
    #expect(one.sha256 != other.sha256)
  }

  private let everything = """
    version: 1
    name: all
    seed: 18446744073709551615
    compute: bf16
    data: {name: fashion-mnist, directory: "/a b/é\\"", long-tail: {imbalance: 12.5}, seed: 3, validation: 5}
    teacher: {model: resnet8, weights: t.safetensors, expected-accuracy: 0.5}
    generator: {model: conv-vae, latent: 4, weights: "true"}
    student: {model: resnet14, width: 8, projection: 0}
    losses:
      - {kind: kd, weight: 0.1, temperature: 2.5}
      - {kind: cross-entropy, label-smoothing: 0.1}
    explore: {kind: first, steps: 3, step: {plain: 1e-7}, noise: 0, divergence: jsd, beta: 0.1,
      temperature: 2, box: true, ratio: 0.5, weight: 0.25, statistics: joint}
    augment: {shift: 1, padding: reflect, flip: true, cutout: 3}
    optimizer: {kind: adamw, learning-rate: 1e-5, beta1: 0.8, beta2: 0.9, epsilon: 1e-8,
      weight-decay: 0.01, schedule: {kind: step, every: 7, factor: 0.3, warmup: 2}}
    train: {batch: 3, epochs: 2, evaluate-every: 4, log-every: 5, sampling: square-root}
    """
}
