import RetortNN
import RetortSchema
import RetortTraining

/// A loss of a recipe with its name.
public struct NamedLoss: Configurable {
  /// The loss.
  public var loss: any DistillationLoss
  /// The name that tells it from others of its kind; nil for the kind's name.
  public var ownName: String?

  /// The name of the teacher that the loss compares with; nil for the mean of all teachers.
  public var teacher: String?

  /// Cross-entropy on labels.
  public init() { loss = CrossEntropyLoss() }

  /// A loss named `name`, or by its kind if nil, that compares with the teacher named `teacher`.
  public init(_ loss: any DistillationLoss, name: String? = nil, teacher: String? = nil) {
    (self.loss, ownName, self.teacher) = (loss, name, teacher)
  }

  /// What models that give `outputs` learn without a teacher.
  static func onLabels(of outputs: OutputKind) -> NamedLoss {
    switch outputs {
    case .logits: NamedLoss(CrossEntropyLoss())
    case .vectors: NamedLoss(ContrastiveLoss())
    }
  }

  /// What models that give `outputs` learn from others.
  static func onOthers(of outputs: OutputKind) -> NamedLoss {
    switch outputs {
    case .logits: NamedLoss(SoftTargetLoss())
    case .vectors: NamedLoss(EmbeddingLoss())
    }
  }

  /// The keys of an element of `losses`: those of its kind, and its name.
  public static let keys: [Key<NamedLoss>] = [
    .kind("kind", \.loss, of: LossCatalog.all, isRequired: true, "what is compared"),
    .text("name", \.ownName, "what logs call it, if not its kind"),
    .text("teacher", \.teacher, "which of several teachers it learns from, if not from all as one")
      .only(
        where: { type(of: $0.loss).needsTeacher }, not: "a loss that has no teacher",
        but: ["losses that compare with a teacher"]),
  ]

  /// The kind alone may stand for the map.
  public static let shorthand: String? = "kind"

  /// The name of the kind in recipes.
  public var kind: String { LossCatalog.all.entry(of: loss)?.name ?? "" }

  /// The name in logs.
  public var name: String { ownName ?? kind }

  /// The terms of the loss for `x`, with the learner's adapters for this loss.
  ///
  /// - Parameter name: The terms' name in logs; nil for the loss's own name.
  /// - Throws: `GraphError` for shapes that do not fit.
  func terms(_ x: Comparison, as name: String? = nil) throws -> [LossTerm] {
    var x = x
    x.adapters =
      (x.learner as? AdaptedModel)?.adapters.first { $0.loss == self.name }?.modules ?? []
    return try loss.terms(x, name: name ?? self.name)
  }

  /// Whether both are equal losses under equal names.
  public static func == (a: NamedLoss, b: NamedLoss) -> Bool { a.entries == b.entries }
}

extension [NamedLoss] {
  /// The paths of all modules of the student whose results the losses compare.
  var studentPaths: Set<String> {
    reduce(into: []) { $0.formUnion($1.loss.studentPaths) }
  }
}
