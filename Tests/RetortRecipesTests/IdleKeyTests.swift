import RetortDistillation
import RetortSchema
import Testing

@testable import RetortRecipes

/// Keys that would change nothing are faults, as unknown keys are.
@Suite struct IdleKeyTests {
  private static let head = "version: 1\nname: a\n"
  private static let student = head + "student: {model: mlp}\n"
  private static let taught =
    student + "teacher: {model: mlp, weights: t}\nlosses: [{kind: kd}]\n"
  private static let explored = taught + "generator: {model: conv-vae, weights: g}\n"

  /// A recipe with one key in a place where it has no effect, and the complaint without its place.
  struct Case: Sendable {
    let yaml: String
    let complaint: String

    init(_ yaml: String, _ complaint: String) { (self.yaml, self.complaint) = (yaml, complaint) }
  }

  /// Every key of an exploration with every order that makes no use of it.
  private static func searchCases() -> [Case] {
    var cases: [Case] = []
    for order in Exploration.Kind.allCases {
      let models = order.needsGenerator ? explored : taught
      for info in Exploration.mapInfo.keys
      where !info.owners.isEmpty && !info.owners.contains(order.rawValue) && info.name != "beta" {
        let (key, names) = (info.name, info.owners)
        let value =
          ["step": "{plain: 1}", "divergence": "jsd", "box": "true", "chains": "true"][key] ?? "5"
        let owners = names.listed("or")
        cases.append(
          Case(
            "\(models)explore: {kind: \(order.rawValue), \(key): \(value)}\n",
            "'\(key)' in 'explore' means nothing with '\(order.rawValue)'; it goes with \(owners)"))
      }
    }
    return cases
  }

  private static let otherCases: [Case] = [
    Case(
      explored + "explore: {kind: first, beta: 0.5}\n",
      "'beta' in 'explore' means nothing with 'kl'; it goes with jsd"
    ),
    Case(
      student + "augment: {padding: edge, flip: true}\n",
      "'padding' in 'augment' means nothing with a shift of 0; it goes with a shift of 1 or more"
    ),
    Case(
      student + "data: {name: fashion-mnist, seed: 3}\n",
      "'seed' in 'data' means nothing with the whole training set; it goes with labelled, "
        + "long-tail, step-imbalance or validation"
    ),
    Case(
      head + "teacher: {model: mlp, expected-accuracy: 0.9}\n",
      "'expected-accuracy' in 'teacher' means nothing with no student; it goes with a teacher that "
        + "teaches one"
    ),
    Case(
      student + "train: {keep: best}\n",
      "'keep: best' of stage 'a' needs 'data.validation'. Add it."
    ),
    Case(
      student + "train: {patience: 3}\n", "'patience' of stage 'a' needs 'data.validation'. Add it."
    ),
    Case(
      student + "generator: {model: conv-vae, weights: g}\n",
      "the generator of stage 'a' is of no use without an exploration that decodes ('zero', "
        + "'first', 'reconstruction', 'samples'). Take it out."
    ),
    Case(
      explored + "explore: {kind: mixup}\n",
      "the generator of stage 'a' is of no use without an exploration that decodes ('zero', "
        + "'first', 'reconstruction', 'samples'). Take it out."
    ),
    Case(
      head + "generator: {model: conv-vae}\nteacher: {model: mlp, weights: t}\n",
      "the teacher of stage 'a' is of no use without a student. Take it out."
    ),
    Case(
      head + "generator: {model: conv-vae, weights: g}\nteacher: {model: mlp}\n",
      "the generator of stage 'a' is of no use without an exploration that decodes ('zero', "
        + "'first', 'reconstruction', 'samples'). Take it out."
    ),
    Case(
      student + "teacher: {model: mlp}\nlosses: [{kind: cross-entropy}]\n",
      "the teacher of stage 'a' has no weights. Add 'weights: FILE' or 'from: STAGE'."
    ),
    Case(
      taught + "explore: {kind: pixel-noise, ratio: 0.1}\ntrain: {batch: 4}\n",
      "'explore.ratio' is 0.1; it must be at least 0.125, for one new example in a batch of 4"
    ),
    Case(
      student + "teacher: {model: mlp, weights: t}\ngenerator: {model: conv-vae, weights: g}\n"
        + "explore: {kind: zero, replay: {size: 8}}\nlosses: [{kind: jacobian}]\n",
      "'replay' keeps what one teacher says of examples, which is not all that loss 'jacobian' needs; "
        + "take one of both away"
    ),
    Case(
      taught + "explore: {kind: mixup, proposals: {count: 2}}\n",
      "'proposals' in 'explore' means nothing with 'mixup'; it goes with zero or first"
    ),
    Case(
      explored + "explore: {kind: first, chains: true, ratio: 2}\n",
      "'chains' has one code for each example; take a 'ratio' of at most 1"
    ),
    Case(
      explored + "explore: {kind: first, chains: true, climb: {every: 2}}\n",
      "'chains' make a step each time; take either them or 'climb' away"
    ),
    Case(
      explored + "explore: {kind: zero, climb: {every: 2}}\n",
      "'climb' in 'explore' means nothing with 'zero'; it goes with first or pixel-gradient"
    ),
    Case(
      taught + "explore: {kind: mixup}\ntrain: {batch: 1}\n",
      "'train.batch' is 1; it must be at least 2, for there to be a blend"
    ),
    Case(
      head + "student: {model: mlp}\ntrain: {steps: 5}\nstages: [{name: s, train: {epochs: 2}}]\n",
      "'train.steps' reaches no stage: each has a value of its own. Take it out."
    ),
    Case(
      student + "optimizer: {learning-rate: 0.1}\nvariants: [{name: s, optimizer: {kind: sgd}}]\n",
      "'optimizer.learning-rate' reaches no stage: each has a value of its own. Take it out."
    ),
    Case(
      student + "train:\n", "'train' has no value. Write one, or null to take away what there is."),
    Case(
      student + "losses:\n  -\n",
      "'0' has no value. Write one, or null to take away what there is."
    ),
  ]

  @Test(arguments: searchCases() + otherCases) func isAFault(_ example: Case) {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: example.yaml, path: "r.yaml")
    }
    #expect(error?.faults.count == 1)
    #expect(error?.faults.first.map { "\($0.reason)" } == example.complaint)
  }

  /// Variants share what only some of them use; the others' recipes are written without it.
  @Test func whatSomeVariantUsesIsNoFault() throws {
    let recipe = try Recipe.decode(
      yaml: Self.explored + """
        explore: {kind: zero, noise: 2, box: true}
        augment: {padding: edge}
        data: {seed: 3}
        variants:
          - {name: zero, augment: {shift: 1}}
          - {name: mixup, explore: {kind: mixup}, data: {labelled: 30}}
          - {name: kd, explore: null}
        """, path: "r.yaml")
    #expect(recipe.stages.map { $0.generator != nil } == [true, false, false])
    #expect(recipe.stages[1].explore == Exploration(.mixup))
    #expect(recipe.stages.map(\.augment.padding) == [.edge, .zero, .zero])
    #expect(recipe.stages.map(\.data.seed) == [nil, 3, nil])
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
  }

  @Test func whatNoVariantUsesIsAFaultOnce() {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml: Self.explored + """
          explore: {kind: mixup, noise: 2}
          variants:
            - {name: one, explore: {ratio: 0.5}}
            - {name: two, explore: {kind: samples}}
            - {name: three, generator: {latent: 3}}
          """, path: "r.yaml")
    }
    #expect(
      error?.description == """
        r.yaml:7:24: 'noise' in 'explore' means nothing with 'mixup'; it goes with zero, first or \
        pixel-noise
        r.yaml:11:19: the generator of stage 'a/three' is of no use without an exploration that \
        decodes ('zero', 'first', 'reconstruction', 'samples'). Take it out.
        """)
  }

  /// The recipe that a run stores has no key without effect.
  @Test(arguments: Exploration.Kind.allCases)
  func everyKindRoundTrips(_ kind: Exploration.Kind) throws {
    let recipe = try Recipe.decode(
      yaml: (kind.needsGenerator ? Self.explored : Self.taught)
        + "explore: {kind: \(kind.rawValue), ratio: 0.5}\n", path: "r.yaml")
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe && again.sha256 == recipe.sha256)
  }

  @Test func aTeacherTeachesUnlessToldOtherwise() throws {
    let teacher = "teacher: {model: mlp, weights: t}\n"
    let recipe = try Recipe.decode(yaml: Self.student + teacher, path: "r.yaml")
    #expect(
      recipe.stages[0].losses == [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())])
    #expect(
      recipe.notes == [
        "stage 'a' names no losses and has a teacher: its student learns from labels "
          + "(cross-entropy) and from the teacher (kd)"
      ])
    #expect(recipe.expandedYAML.contains("kind: kd"))
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe && again.notes.isEmpty)

    let told = try Recipe.decode(
      yaml: Self.student + teacher + "losses: [{kind: cross-entropy}]\n", path: "r.yaml")
    #expect(told.stages[0].losses == [NamedLoss(CrossEntropyLoss())] && told.notes.isEmpty)
    let alone = try Recipe.decode(yaml: Self.student, path: "r.yaml")
    #expect(alone.stages[0].losses == [NamedLoss(CrossEntropyLoss())] && alone.notes.isEmpty)
  }
}
