import RetortNN
import RetortSchema
import RetortTraining

/// Who learns when, as recipes name it: `scheme: mutual`.
///
/// One more is a file with a type of this protocol, and a line in `SchemeCatalog`.
public protocol NamedScheme: Configurable, Explained {
  /// The roles whose models learn; their learners keep this order.
  static var learners: [Cast.Role] { get }
  /// The roles whose models take part and keep their weights; none by default.
  static var helpers: [Cast.Role] { get }
  /// Whether it minimises the losses of the recipe, rather than its own; true by default.
  static var takesLosses: Bool { get }
  /// Whether losses on held-out examples say how well its learners do; true by default.
  static var isValidated: Bool { get }
  /// Whether losses that compare with a teacher compare with the other students; false by default.
  static var peersTeach: Bool { get }

  /// What it minimises where a recipe names no losses; cross-entropy on labels by default, contrastive of
  /// pairs.
  ///
  /// - Parameters:
  ///   - isTaught: Whether there are students and a teacher with weights.
  ///   - outputs: What its classifiers give.
  ///   - examples: What its models read.
  /// - Returns: The losses, and what to tell the user of them behind "names no losses and"; nil where
  ///   nothing else could be meant.
  static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?)

  /// What keeps it from training a cast, by the key of the stage that is to blame; nothing by default.
  func faults(of plan: CastPlan) -> [KeyFault]

  /// How many views of each example, augmented by draws of their own, a step of so many students takes; 1 by default.
  func views(students: Int) -> Int

  /// The phases of a step.
  ///
  /// - Parameter cast: Has what `faults(of:)` asks for.
  func scheme(_ cast: Cast) -> any Scheme
}

extension NamedScheme {
  /// Nobody else takes part.
  public static var helpers: [Cast.Role] { [] }
  /// The recipe's.
  public static var takesLosses: Bool { true }
  /// They do.
  public static var isValidated: Bool { true }
  /// Cross-entropy, or contrastive.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?) {
    ([NamedLoss.onLabels(of: outputs)], nil)
  }
  /// Teachers teach.
  public static var peersTeach: Bool { false }
  /// Nothing.
  public func faults(of plan: CastPlan) -> [KeyFault] { [] }
  /// One, which all see.
  public func views(students: Int) -> Int { 1 }
}

extension CatalogEntry where Element == any NamedScheme {
  /// The scheme that `type` is.
  public init<Named: NamedScheme>(_ type: Named.Type) {
    self.init(type, wrap: { $0 })
  }
}

/// Every scheme that a recipe can name.
public enum SchemeCatalog {
  /// One line each.
  public static let all: Catalog<any NamedScheme> = [
    CatalogEntry(Offline.self),
    CatalogEntry(Generative.self),
    CatalogEntry(Mutual.self),
    CatalogEntry(Collaborative.self),
    CatalogEntry(Codistillation.self),
    CatalogEntry(OnlineTeacher.self),
    CatalogEntry(Snapshot.self),
    CatalogEntry(ProgressiveSelf.self),
    CatalogEntry(Adversarial.self),
  ]
}
