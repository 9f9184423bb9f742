import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students of a fixed teacher, or of labels alone: `scheme: offline`.
public struct Offline: NamedScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "offline", "students learn from labels and from a teacher that keeps its weights",
    """
    What a stage with a student does without being told. Several students learn side by side, each as it \
    would alone: they share batches, and what the teacher says of them is computed once. A teacher without \
    a student learns from labels.
    """,
    equation: ["L_k = Σ_i w_i · loss_i( student_k(x), teacher(x), label ),  for each student k"],
    source: "Hinton, Vinyals, Dean 2015, arXiv 1503.02531")

  /// None.
  public static let keys: [Key<Offline>] = []
  /// Classifiers.
  public static let learners: [Cast.Role] = [.student]
  /// The teacher, and the generator of an exploration.
  public static let helpers: [Cast.Role] = [.teacher, .generator]

  /// The only one.
  public init() {}

  /// Labels, and the teacher's outputs where there is one.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?) {
    let (labels, teacher) = (NamedLoss.onLabels(of: outputs), NamedLoss.onOthers(of: outputs))
    guard isTaught else { return ([labels], nil) }
    let examples = outputs == .logits ? "labels" : "pairs"
    return (
      [labels, teacher],
      "has a teacher: its student learns from \(examples) (\(labels.kind)) and from the teacher "
        + "(\(teacher.kind))"
    )
  }

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    OfflineDistillation(
      students: cast.students, teacher: cast.teacher, losses: cast.losses,
      explorer: cast.explorer, codes: cast.codes)
  }
}

/// One fixed teacher and its students: losses on labels and on the teacher's outputs, on the examples and
/// on those that a search finds.
///
/// The objective of each is `Σ wᵢ·lossᵢ(x) + w·Σ wⱼ·lossⱼ(x̃)`: all losses on real examples, those that
/// compare with the teacher on generated ones. A search that follows no student finds the same examples for
/// all. A loss that names one of several teachers compares with that one.
///
/// Source: Hinton et al. 2015; Zaheer et al. 2022, equation 2.
public struct OfflineDistillation: Scheme {
  /// The models that learn.
  public let students: [ParameterStore]
  /// Labels examples; nil for labels alone.
  public let teacher: (any Labeler)?
  /// What is minimised, in order.
  public let losses: [NamedLoss]
  /// The search, if any.
  public let explorer: Explorer?
  /// The latent codes of the training examples; nil if the encoder computes them in each step.
  public let codes: CodeTable?
  /// What a search that follows no student has found for the phases so far.
  private var shared: Found?

  /// What a search has found.
  private struct Found {
    /// What is new, of which the labeler is asked, or texts of which it has been.
    let new: Example
    /// How pictures were found; nil for texts.
    var path: Explorer.Path?
    /// How texts were; nil for pictures.
    var texts: FoundTexts?

    /// What is new, and behind it what is learnt from again.
    var all: Example { path.map { Example($0.all) } ?? new }
  }

  /// A scheme over the given models and losses.
  public init(
    students: [ParameterStore], teacher: (any Labeler)?, losses: [NamedLoss],
    explorer: Explorer? = nil, codes: CodeTable? = nil
  ) {
    (self.students, self.teacher, self.losses) = (students, teacher, losses)
    (self.explorer, self.codes) = (explorer, codes)
  }

  /// One of each student.
  public var phases: [Phase] { students.map { Phase($0.name) } }

  /// Two where the search rests in some steps.
  public var forms: Int { explorer?.exploration.forms ?? 1 }

  /// Whether the search of a step rests.
  public func form(of step: Int, in steps: Int) -> Int {
    explorer?.exploration.form(of: step, in: steps) ?? 0
  }

  /// The losses on the examples and on those that the search finds.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    let student = students[phase]
    let context = inputs.context(
      .training, tapping: losses.studentPaths)
    let teacher = teacher?.drawn(in: inputs)
    var explorer = explorer?.drawn(in: inputs).following(student.model)
    if inputs.form == Exploration.restingForm { explorer = explorer?.resting() }
    let found = explored(by: explorer, inputs)
    let generated = found?.all
    let (real, other) = try forward(student.model, inputs.example, generated, context)
    let opinions = try opinions(
      of: teacher, on: inputs.example, indices: inputs.indices, in: inputs.graph)
    var comparison = Comparison(
      inputs: inputs, context: context, learner: student.model, examples: inputs.example,
      student: real, teacher: nil, labels: inputs.labels)
    var terms: [LossTerm] = []
    for loss in losses {
      (comparison.teacher, comparison.opinions) = opinions[loss.teacher] ?? (nil, [])
      terms += try loss.terms(comparison)
    }
    if let explorer, let found, let generated, let other {
      let judged = try self.opinions(
        of: explorer.labeler, on: found.new, indices: nil, in: inputs.graph)
      var comparison = Comparison(
        inputs: inputs, context: context, learner: student.model, examples: generated,
        student: explorer.paired(found.path?.weighted(other) ?? other, with: real), teacher: nil,
        labels: nil)
      for loss in losses where type(of: loss.loss).needsTeacher {
        let said = judged[loss.teacher]
        comparison.teacher = said.map {
          explorer.paired($0.0, with: opinions[loss.teacher]?.0)
        }
        comparison.opinions = said?.1 ?? []
        if let replayed = found.path?.replayed, let known = comparison.teacher {
          comparison.teacher = Taps(output: replayed.logits(behind: known.output))
        }
        if let known = found.texts?.logits { comparison.teacher = Taps(output: known) }
        terms += try loss.terms(comparison, as: "\(loss.name)-generated").map {
          LossTerm($0.name, weight: $0.weight * explorer.exploration.weight, $0.value)
        }
      }
      let said = explorer.labeler.logits(of: found.new, indices: nil, in: inputs.graph)
      if let path = found.path {
        terms += explorer.learn(from: path, student: other.output, teacher: said, context)
      }
      if let texts = found.texts { explorer.keep(texts, said, in: inputs, context) }
    }
    return Objective(terms: terms, effects: student.bufferUpdates(from: context))
  }

  /// What the search finds for the student that it follows; nil without a search.
  private mutating func explored(by explorer: Explorer?, _ inputs: StepInputs) -> Found? {
    if let shared { return shared }
    guard let explorer else { return nil }
    let found: Found
    if let texts = explorer.texts {
      let texts = explorer.find(near: inputs.example, by: texts, in: inputs)
      found = Found(new: texts.texts, texts: texts)
    } else {
      let path = explorer.explore(
        inputs.example.x, codes: codes?.rows(at: inputs.indices, in: inputs.graph), in: inputs)
      found = Found(new: Example(path.explored), path: path)
    }
    if !explorer.exploration.followsStudent { shared = found }
    return found
  }

  /// The outputs and features of a labeler for examples, and what each of several says where they are weighed, by the
  /// teacher's name in losses; the key nil is the mean of all.
  ///
  /// - Throws: `TapError` for a path that no module has.
  private func opinions(
    of labeler: (any Labeler)?, on examples: Example, indices: Tensor?, in graph: Graph
  ) throws(TapError) -> [String?: (Taps, [Opinion])] {
    guard let labeler else { return [:] }
    let taught = losses.filter { type(of: $0.loss).needsTeacher }
    var opinions: [String?: (Taps, [Opinion])] = [:]
    for name in Set(taught.map(\.teacher)).sorted(by: { ($0 ?? "") < ($1 ?? "") }) {
      let paths = taught.filter { $0.teacher == name }.flatMap(\.loss.teacherPaths)
      let asked = name.flatMap { labeler[$0] } ?? labeler
      opinions[name] = (
        try asked.taps(of: examples, indices: indices, Set(paths), in: graph),
        asked.opinions(of: examples, indices: indices, in: graph)
      )
    }
    return opinions
  }

  /// The student's outputs and features of real and generated examples.
  private func forward(
    _ student: Module, _ examples: Example, _ generated: Example?, _ context: ForwardContext
  ) throws(TapError) -> (Taps, Taps?) {
    guard let generated, let explorer else {
      return (try student.taps(examples, in: context), nil)
    }
    if explorer.exploration.statistics == .separate {
      let real = try student.taps(examples, in: context)
      return (real, try student.taps(generated, in: context))
    }
    let count = examples.count
    let all = try student.taps(examples.concatenated(with: generated), in: context)
    return (all.rows(0..<count), all.rows(count..<count + generated.count))
  }
}

/// The latent codes of every training example in a table, for lookup in place of the encoder.
public struct CodeTable {
  /// Latent codes, `[examples, …]`, flat.
  public let variable: Variable
  /// The number of coordinates of one code.
  public let size: Int

  /// A table of codes with `size` coordinates each.
  public init(_ variable: Variable, size: Int) { (self.variable, self.size) = (variable, size) }

  /// The codes of the examples at `indices`, int32 `[batch]`: `[batch, size]`.
  func rows(at indices: Tensor, in graph: Graph) -> Tensor {
    graph.variable(variable, [variable.count / size, size]).gather(indices)
  }
}
