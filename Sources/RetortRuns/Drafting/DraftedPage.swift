import RetortData
import RetortFormats
import RetortNN
import RetortRecipes
import RetortSchema

/// The choices of a drafted recipe, and its text.
struct DraftedPage {
  /// What teacher and student read.
  let examples: ExampleSpec
  /// The pictures' normalisation in front of the teacher; nil for what its files say.
  var normalization: NormalizationSpec?

  private let request: DistilRequest
  /// The teacher, by absolute paths.
  private let spec: ModelSpec
  private let data: [YAMLEntry]
  private let student: String
  private var available = 0
  private var used = 0
  private var validation = 0
  private var steps = 1

  private static let batch = 64
  /// The least number of labels of which a tenth is held out.
  private static let leastToChooseBy = 2000

  init(_ request: DistilRequest, _ teacher: StoredModel, data: [YAMLEntry]) throws {
    (self.request, self.data) = (request, data)
    var spec = teacher.spec
    if case .file(let path) = spec.source { spec.source = .file(try FilePath.absolute(path)) }
    self.spec = spec
    examples = try teacher.examples ?? DraftedData.usualExamples(of: request)
    guard let named = request.student else {
      student = Self.usualStudent(for: examples)
      return
    }
    student = YAMLText.word(
      ModelSpec(model: named).isImported ? try FilePath.absolute(named) : named)
  }

  /// A student that suits the examples.
  private static func usualStudent(for examples: ExampleSpec) -> String {
    switch examples {
    case .image(let size): max(size.height, size.width) <= 64 ? "resnet8" : "mobilenetv3-small"
    case .tokens: "{model: bert, width: 128, layers: 2, heads: 2, feed-forward: 512}"
    }
  }

  /// Shares `labels` labels of the training set between learning and choosing, and decides how long to train.
  ///
  /// The best of many students by a few examples would be chosen by luck: with few labels the last one is
  /// kept, and all labels are learnt from.
  ///
  /// - Throws: `DistilError.tooFewLabels`.
  mutating func choose(labels: Int, of all: any Dataset) throws(DistilError) {
    guard labels >= all.classCount else {
      throw .tooFewLabels(count: labels, classes: all.classCount)
    }
    (available, used) = (all.count, labels)
    validation = labels < Self.leastToChooseBy ? 0 : min(labels / 10, 5000)
    let passes = 30 * (labels - validation) / Self.batch
    steps = request.steps ?? min(max(passes, 2000), 20_000)
  }

  /// Whether a generator pays: few labels, and pictures small enough for one to be trained in minutes.
  private var explores: Bool {
    guard case .image(let size) = examples, used < available else { return false }
    return max(size.height, size.width) <= 64 && size.height % 4 == 0 && size.width % 4 == 0
  }

  /// What was chosen, a line each.
  var findings: [String] {
    var found = ["data: " + usage]
    if request.student == nil { found.append("student: \(student), as nothing else was asked for") }
    found.append(
      explores
        ? "exploration: a generator learns from all pictures, and the teacher labels what it makes"
        : "exploration: none, as "
          + (used == available ? "all labels are used" : "no generator suits the examples"))
    return found
  }

  /// What the labels are used for.
  private var usage: String {
    let labels =
      used == available
      ? "the labels of all \(available) training examples are used"
      : "the labels of \(used) of \(available) training examples are used"
    return validation == 0
      ? labels : labels + ", \(validation) of them to choose the best student by"
  }

  /// The recipe that the text describes, checked.
  ///
  /// - Throws: `RecipeErrors` with every fault.
  func decoded(_ text: String? = nil) throws(RecipeErrors) -> Recipe {
    try Recipe.decode(yaml: text ?? self.text(command: "retort distil"), path: "distil")
  }

  /// The text of the recipe.
  func text(command: String) -> String {
    var lines = ["# Written by: \(command)"]
    if used > 0 {
      lines.append("# Data: \(usage).")
    }
    lines += ["version: 1", "name: \(name)", "seed: 1", "data: \(YAMLText.map(dataEntries))"]
    lines += explores ? staged : distillation(indent: "")
    return lines.map { $0 + "\n" }.joined()
  }

  private var dataEntries: [YAMLEntry] {
    let labelled =
      used < available ? [YAMLEntry("labelled", "\(used - validation)")] : []
    return data + labelled + (validation > 0 ? [YAMLEntry("validation", "\(validation)")] : [])
  }

  /// The data's and the student's name.
  private var name: String {
    let model = request.student.map(FilePath.name(of:)) ?? "student"
    let text = "\(FilePath.name(of: request.data))-\(model)".prefix(60)
    return String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }

  /// A generator, then the distillation.
  private var staged: [String] {
    [
      "stages:",
      "  - name: generator",
      "    data: {labelled: null, validation: null}   # it needs no labels",
      "    generator: {model: conv-vae, latent: 32}",
      "    losses: [{kind: vae, kl-weight: 0.25}]   # sharp pictures before an even latent space",
      "    optimizer: {kind: adam, learning-rate: 1e-3, schedule: cosine}",
      "    train: {batch: 128, steps: \(max(1, min(2340, 20 * available / 128)))}",
      "  - name: distil",
      "    generator: {from: generator}",
      "    explore: {kind: zero, noise: 1.5}   # the teacher labels random steps around each picture",
    ] + distillation(indent: "    ")
  }

  /// Teacher, student and how it learns.
  private func distillation(indent: String) -> [String] {
    var lines = [
      "teacher: \(YAMLText.map(teacherEntries))",
      "student: \(student)",
      "losses:",
      "  - {kind: cross-entropy, weight: 1}",
      "  - {kind: kd, temperature: 4, weight: 1}   # softens both sides; gradients keep their scale",
    ]
    if case .image(let size) = examples, !explores {
      let shift = max(1, min(size.height, size.width) / 8)
      lines.append("augment: {shift: \(shift), flip: true}   # no 'flip' for digits and letters")
    }
    let rate = if case .tokens = examples { "5e-4" } else { "1e-3" }
    lines += [
      "optimizer: {kind: adamw, learning-rate: \(rate), weight-decay: 0.01, schedule: cosine}",
      "train: {batch: \(Self.batch), steps: \(steps)\(validation > 0 ? ", keep: best" : "")}",
    ]
    return lines.map { indent + $0 }
  }

  private var teacherEntries: [YAMLEntry] {
    var spec = spec
    if let normalization { spec.normalization = normalization }
    return spec.entries
  }
}
