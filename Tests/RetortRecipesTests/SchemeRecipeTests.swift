import RetortDistillation
import RetortSchema
import Testing

@testable import RetortRecipes

/// Stages that train several models: what is read, what is written, what is refused.
@Suite struct SchemeRecipeTests {
  private static let peers = """
    version: 1
    name: a
    scheme: mutual
    students: [{model: lenet5}, {name: b, model: resnet8, optimizer: {kind: sgd, learning-rate: 0.1}}]
    """
  private static let gan = """
    version: 1
    name: a
    scheme: adversarial
    generator: dcgan
    discriminator: dcgan-discriminator
    """

  private func decode(_ yaml: String, _ overrides: String...) throws -> Recipe {
    try Recipe.decode(yaml: yaml, path: "r.yaml", overrides: overrides)
  }

  private func faults(_ yaml: String, _ overrides: String...) -> String {
    do {
      _ = try Recipe.decode(yaml: yaml, path: "r.yaml", overrides: overrides)
      return ""
    } catch { return "\(error)" }
  }

  @Test func whatIsWrittenIsRead() throws {
    for yaml in [Self.peers, Self.gan] {
      let recipe = try decode(yaml)
      let again = try decode(recipe.expandedYAML)
      #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    }
    let stage = try decode(Self.peers).stages[0]
    #expect(stage.trainees.map(\.name) == ["lenet5", "b"])
    #expect(stage.trainees.map(\.folder) == ["students/lenet5", "students/b"])
    #expect(stage.losses.map(\.name) == ["cross-entropy", "kd"])
    #expect((stage.losses[1].loss as? SoftTargetLoss)?.temperature == 1)
    #expect(stage.students[1].spec.optimizer?.rule.learningRate == 0.1)
    #expect(try decode(Self.peers).notes.count == 1)
    let gan = try decode(Self.gan).stages[0]
    #expect(gan.trainees.map(\.name) == ["discriminator", "generator"] && gan.losses.isEmpty)
  }

  /// A default that a recipe says is not written, and one student is none of several.
  @Test func theShortFormsAreOne() throws {
    let short = try decode("{version: 1, name: a, student: lenet5}")
    #expect(
      try decode(
        "{version: 1, name: a, scheme: offline, students: [{name: student, model: lenet5}]}")
        == short)
    #expect(!short.expandedYAML.contains("scheme"))
    #expect(short.stages[0].trainees.map(\.folder) == ["student"])
  }

  @Test func studentsAreSetByTheirNames() throws {
    let recipe = try decode(Self.peers, "students.b.width=8", "students.0.optimizer.kind=sgd")
    #expect(recipe.stages[0].students[1].spec.options["width"] == 8)
    #expect(recipe.stages[0].students[0].spec.optimizer != nil)
    let variant = try decode(
      Self.peers + "\nvariants: [{name: one, scheme: offline, student: mlp}, {name: two}]")
    #expect(variant.stages[0].students.map(\.name) == ["student"])
    #expect(variant.stages[1].students.map(\.name) == ["lenet5", "b"])
  }

  @Test func aLaterStageSaysWhichOneItTakes() throws {
    let stages = """
      version: 1
      name: a
      stages:
        - {name: peers, scheme: mutual, students: [{name: x, model: mlp}, {name: y, model: lenet5}]}
        - {name: next, student: mlp, teacher: {from: peers, learner: y}}
      """
    let recipe = try decode(stages)
    #expect(recipe.stages[1].teacher?.source == .stage("peers", learner: "y"))
    #expect(
      faults(stages, "stages.next.teacher={from: peers}")
        == "--set stages.next.teacher={from: peers}: stage 'peers' trains x and y. Say which one: "
        + "'learner: NAME'.")
    #expect(
      faults(stages, "stages.next.teacher.learner=z").contains(
        "stage 'peers' trains no 'z'; there is x and y"))
    #expect(
      faults(stages, "stages.next.teacher={model: mlp, weights: w, learner: y}").contains(
        "'learner' in 'teacher' means nothing with a model of its own; it goes with 'from'"))
  }

  @Test(arguments: [
    (
      "scheme: mutal",
      "'scheme.kind' is 'mutal'; it must be offline, generative, mutual, collaborative, codistillation, online, "
        + "snapshot, ps-kd or adversarial. Did you mean 'mutual'?"
    ),
    ("students: [{model: mlp}]", "'mutual' needs two students or more"),
    (
      "scheme: {kind: collaborative, own-views: true}",
      "'own-views' of 'collaborative' draws the changes of 'augment' anew for each student, and nothing is augmented"
    ),
    (
      "scheme: {kind: codistillation, every: 0}",
      "'scheme.every' is 0; it must be from 1 to 16777216"
    ),
    (
      "scheme: snapshot\nlosses: [cross-entropy]",
      "'snapshot' needs a loss by which students learn from their own past"
    ),
    ("students: [mlp, mlp]", "two students are called 'mlp'. Give one another 'name'."),
    ("students: [{name: a/b, model: mlp}, mlp]", "'a/b' is no name of a student"),
    ("students: [{name: teacher, model: mlp}, mlp]", "'teacher' is no name of a student"),
    ("students: [{from: x}, mlp]", "'students[0]' lacks 'name'"),
    ("student: mlp", "'student' and 'students' exclude each other"),
    ("losses: [cross-entropy]", "a loss by which students learn from each other"),
    ("explore: mixup", "'mutual' seeks no new examples"),
    (
      "teacher: {model: mlp, weights: w}",
      "the teacher of stage 'a' is of no use without another "
        + "'scheme' than 'mutual'. Take it out."
    ),
    ("discriminator: dcgan-discriminator", "the discriminator of stage 'a' is of no use without"),
  ])
  func mutualLearningSaysWhatItLacks(_ line: String, _ message: String) {
    let key = line.prefix { $0 != ":" }
    let others = Self.peers.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }
    let text = (others.map(String.init) + [line]).joined(separator: "\n")
    #expect(faults(text).contains(message), "\(faults(text))")
  }

  @Test(arguments: [
    ("generator: conv-vae", "trains against a discriminator of pairs"),
    ("generator: lenet5", "'generator' needs a generator, but model 'lenet5' is a classifier"),
    ("discriminator: lenet5", "'discriminator' needs a discriminator"),
    ("discriminator:", "'adversarial' needs a 'discriminator' to train"),
    (
      "losses: [cross-entropy]",
      "'losses' in the recipe means nothing with a scheme with losses of "
        + "its own; it goes with another 'scheme'"
    ),
    ("data: {validation: 10}", "take 'validation' away (data.validation: null)"),
    ("student: mlp", "the student of stage 'a' is of no use without another 'scheme'"),
    ("scheme: generative", "a generator without an encoder cannot give examples back"),
  ])
  func adversarialTrainingSaysWhatItLacks(_ line: String, _ message: String) {
    let key = line.prefix { $0 != ":" }
    let others = Self.gan.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }
    let text = (others.map(String.init) + (line.hasSuffix(":") ? [] : [line]))
      .joined(separator: "\n")
    #expect(faults(text).contains(message), "\(faults(text))")
  }

  @Test func searchesThatEncodeNeedAnEncoder() {
    func recipe(_ kind: String) -> String {
      """
      version: 1
      name: a
      teacher: {model: mlp, weights: w}
      generator: {model: dcgan, weights: g}
      student: mlp
      explore: \(kind)
      """
    }
    #expect(faults(recipe("samples")) == "")
    #expect(
      faults(recipe("zero")) == "r.yaml:6:10: exploration 'zero' needs an encoder, which the "
        + "generator lacks; take 'samples', or a generator such as conv-vae")
  }

  @Test func modelsThatKeepTheirWeightsFollowNothing() {
    let text = """
      version: 1
      name: a
      teacher: {model: mlp, weights: w, optimizer: sgd}
      student: mlp
      """
    #expect(
      faults(text) == "r.yaml:3:35: 'optimizer' in 'teacher' means nothing with a model that keeps "
        + "its weights; it goes with models that learn")
  }
}
