import RetortSchema
import RetortTraining

/// A loss of a recipe: what is minimised, and what logs call it.
public struct NamedLoss: Configurable {
  /// The loss.
  public var loss: any DistillationLoss
  /// What tells it from others of its kind; nil for its kind.
  public var ownName: String?

  /// Cross-entropy on labels.
  public init() { loss = CrossEntropyLoss() }

  /// `loss` under a name; its kind's if there is none.
  public init(_ loss: any DistillationLoss, name: String? = nil) {
    (self.loss, ownName) = (loss, name)
  }

  /// The keys of an element of `losses`: those of its kind, and its name.
  public static let keys: [Key<NamedLoss>] = [
    .kind("kind", \.loss, of: LossCatalog.all, isRequired: true, "what is compared"),
    .text("name", \.ownName, "what logs call it, if not its kind"),
  ]

  /// The kind may stand alone.
  public static let shorthand: String? = "kind"

  /// What recipes call its kind.
  public var kind: String { LossCatalog.all.entry(of: loss)?.name ?? "" }

  /// What logs call it.
  public var name: String { ownName ?? kind }

  /// The summands of what `x` compares, with the adapters that the learner has for this loss.
  ///
  /// - Parameter name: What logs call them; nil for the loss's own name.
  /// - Throws: `GraphError` for shapes that do not fit.
  func terms(_ x: Comparison, as name: String? = nil) throws -> [LossTerm] {
    var x = x
    x.adapters =
      (x.learner as? AdaptedModel)?.adapters.first { $0.loss == self.name }?.modules ?? []
    return try loss.terms(x, name: name ?? self.name)
  }

  /// Whether both compute the same under the same name.
  public static func == (a: NamedLoss, b: NamedLoss) -> Bool { a.entries == b.entries }
}
