import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students that teach each other: `scheme: mutual`.
public struct Mutual: NamedScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "mutual", "students learn from labels and from each other",
    """
    Deep mutual learning: two or more students, alike or not, each of which takes the others for \
    teachers, so that nothing need be trained before. A loss that compares with a teacher, such as 'kd', is \
    taken against each peer, and the mean over the peers counts; the paper has kd at a temperature of 1. All \
    students are updated at once from what they said at the start of the step, where the paper takes turns.
    """,
    equation: [
      "L_k = Σ_i w_i · loss_i( student_k(x), label )",
      "    + 1/(K − 1) · Σ_{l ≠ k} Σ_j w_j · loss_j( student_k(x), student_l(x) )",
    ], source: "Zhang, Xiang, Hospedales, Lu 2018, arXiv 1706.00384, equations 4 to 8")

  /// None.
  public static let keys: [Key<Mutual>] = []
  /// The peers.
  public static let learners: [Cast.Role] = [.student]
  /// Each other.
  public static let peersTeach = true

  /// The only one.
  public init() {}

  /// Labels, and the peers' logits as the paper compares them; of vectors, pairs and the peers' vectors.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind
  ) -> (losses: [NamedLoss], note: String?) {
    guard outputs == .logits else {
      return (
        [.onLabels(of: outputs), .onOthers(of: outputs)],
        "has peers: its students learn from pairs (contrastive) and from each other (embedding)"
      )
    }
    return (
      [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss(temperature: 1))],
      "has peers: its students learn from labels (cross-entropy) and from each other (kd at a "
        + "temperature of 1)"
    )
  }

  /// There are peers, and something to learn from them.
  public func faults(of plan: CastPlan) -> [KeyFault] {
    var faults: [KeyFault] = []
    if plan.students < 2 {
      faults.append(
        KeyFault("scheme", "'mutual' needs two students or more; name them under 'students'"))
    }
    if !plan.losses.contains(where: { type(of: $0.loss).needsTeacher }) {
      faults.append(
        KeyFault(
          "losses", "'mutual' needs a loss by which students learn from each other, such as 'kd'"))
    }
    if plan.losses.contains(where: { !$0.loss.taps.isEmpty }) {
      faults.append(
        KeyFault(
          "losses",
          "students that teach each other are compared by their outputs, not by 'taps'; take such a "
            + "loss away"))
    }
    if plan.exploration != nil {
      faults.append(
        KeyFault(
          "explore",
          "'mutual' seeks no new examples, for which it has no teacher; take 'explore' away "
            + "(explore: null)"))
    }
    return faults
  }

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    MutualLearning(students: cast.students, losses: cast.losses)
  }
}

/// Students that learn from labels and from each other's outputs, which are constants to them.
///
/// Each student's forward pass is computed once, and all phases read the weights from before the step.
///
/// Source: Zhang et al. 2018, equations 4 to 8.
public struct MutualLearning: Scheme {
  /// The models that learn, at least two.
  public let students: [ParameterStore]
  /// What is minimised, in order.
  public let losses: [NamedLoss]
  /// Each student's forward pass, once the first phase has made them.
  private var passes: [(context: ForwardContext, taps: Taps)] = []

  /// A scheme over the given models and losses.
  public init(students: [ParameterStore], losses: [NamedLoss]) {
    (self.students, self.losses) = (students, losses)
  }

  /// One of each student.
  public var phases: [Phase] { students.map { Phase($0.name) } }

  /// The losses on labels, and the means over the peers of those that compare.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    if passes.isEmpty {
      passes = try students.map { student in
        let context = inputs.context(.training)
        return (context, try student.model.taps(inputs.example, in: context))
      }
    }
    let (context, own) = passes[phase]
    let peers = students.indices.filter { $0 != phase }.map {
      Taps(output: passes[$0].taps.output.stopGradient())
    }
    var comparison = Comparison(
      inputs: inputs, context: context, learner: students[phase].model, examples: inputs.example,
      student: own, teacher: nil, labels: inputs.labels)
    var terms: [LossTerm] = []
    for loss in losses {
      guard type(of: loss.loss).needsTeacher else {
        terms += try loss.terms(comparison)
        continue
      }
      var sums: [LossTerm] = []
      for peer in peers {
        comparison.teacher = peer
        let found = try loss.terms(comparison)
        sums =
          sums.isEmpty
          ? found
          : zip(sums, found).map { LossTerm($0.name, weight: $0.weight, $0.value + $1.value) }
      }
      terms += sums.map {
        LossTerm($0.name, weight: $0.weight, $0.value * (1 / Double(peers.count)))
      }
    }
    let update = students[phase].statisticsUpdate(from: context)
    return Objective(terms: terms, effects: update.map { [$0] } ?? [])
  }
}
