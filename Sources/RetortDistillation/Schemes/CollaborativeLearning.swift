import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students that learn from all of them as one: `scheme: collaborative`.
public struct Collaborative: PeerScheme {
  /// How the students' logits become one teacher's.
  public enum Ensemble: String, CaseIterable, Sendable {
    /// The least of each class's logits behind the right class's.
    case minLogit = "min-logit"
    /// Those of the student with the least cross-entropy over the batch.
    case naive
    /// The mean of the logits.
    case mean
  }

  /// Its entry in lists.
  public static let explanation = Explanation(
    "collaborative", "students learn from labels and from all of them as one",
    """
    Online knowledge distillation via collaborative learning (KDCL): the logits of all students become those of \
    one teacher, from which each learns. 'min-logit' takes for each class the least of the students' logits once \
    the right class's is taken off, which makes the right class as likely as any combination can; 'naive' takes \
    the student with the least cross-entropy over the batch, 'mean' the mean. The paper has kd at a temperature of \
    2 and lets each student see pictures augmented in its own way, as 'own-views' does; else all see the same.
    """,
    equation: [
      "L_k = Σ_i w_i · loss_i( student_k(x), label ) + Σ_j w_j · loss_j( student_k(x), z )",
      "min-logit:  z_c = min over k of ( z_k,c − z_k,label )",
    ], source: "Guo et al. 2020, CVPR, pages 11020 to 11029, section 3.2")

  /// How the students' logits become one teacher's.
  public var ensemble: Ensemble = .minLogit

  /// Whether each student sees pictures that are augmented by draws of its own.
  public var hasOwnViews = false

  /// Its keys.
  public static let keys: [Key<Collaborative>] = [
    .choice("ensemble", \.ensemble, "how the students' logits become one teacher's"),
    .bool("own-views", \.hasOwnViews, "whether 'augment' draws anew for each student"),
  ]
  /// Peers.
  public static let leastStudents = 2
  /// All of them.
  public static let others = "all of them as one"

  /// The least logits.
  public init() {}

  /// The given combination.
  public init(_ ensemble: Ensemble, ownViews: Bool = false) {
    (self.ensemble, hasOwnViews) = (ensemble, ownViews)
  }

  /// One for each student, or one for all.
  public func views(students: Int) -> Int { hasOwnViews ? students : 1 }

  /// Labels, and all of them at a temperature of 2.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?) {
    (
      [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss(temperature: 2))],
      "has no teacher: its students learn from labels (cross-entropy) and from all of them as one (kd at a "
        + "temperature of 2)"
    )
  }

  /// What all peers ask for; labels besides, but for the mean.
  public func faults(of plan: CastPlan) -> [KeyFault] {
    var faults = faultsOfPeers(plan)
    if hasOwnViews, !plan.isAugmented {
      faults.append(
        KeyFault(
          "scheme",
          "'own-views' of 'collaborative' draws the changes of 'augment' anew for each student, and nothing is "
            + "augmented; add 'augment', or take 'own-views' away"))
    }
    if ensemble != .mean, plan.outputs != .logits || !plan.isLabelled {
      let lack = plan.isLabelled ? "pairs have none" : "these examples have none"
      faults.append(
        KeyFault(
          "scheme",
          "'ensemble: \(ensemble.rawValue)' of 'collaborative' needs the examples' classes, and \(lack); "
            + "take 'ensemble: mean'"))
    }
    return faults
  }

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    PeerLearning(students: cast.students, losses: cast.losses) { [ensemble] _, outputs, inputs in
      Lesson([ensemble.logits(outputs, labels: inputs.labels)])
    }
  }
}

extension Collaborative.Ensemble {
  /// The logits of all as one, `[batch, classes]`.
  func logits(_ outputs: [Tensor], labels: Tensor) -> Tensor {
    switch self {
    case .minLogit:
      // Behind the right class's logit: log-softmax and the label's cross-entropy differ from logits by as much.
      let margins = outputs.map {
        $0.logSoftmax() + $0.crossEntropyRows(labels).reshape([-1, 1])
      }
      return margins.dropFirst().reduce(margins[0]) { $0.minimum($1) }
    case .naive:
      var best = (logits: outputs[0], loss: outputs[0].crossEntropyRows(labels).mean())
      for output in outputs.dropFirst() {
        let loss = output.crossEntropyRows(labels).mean()
        best = (
          best.loss.greater(loss).select(output, best.logits), best.loss.minimum(loss)
        )
      }
      return best.logits
    case .mean:
      return outputs.dropFirst().reduce(outputs[0], +) * (1 / Double(outputs.count))
    }
  }
}
