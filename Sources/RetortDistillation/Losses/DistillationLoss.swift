import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// One summand of what a student minimises: a function of what it and its teacher make of examples.
///
/// One more is a file with a type of this protocol, and a line in `LossCatalog`.
public protocol DistillationLoss: Configurable, Explained {
  /// What multiplies it in the sum, ≥ 0.
  var weight: Double { get }
  /// Whether it compares the student with a teacher; such a loss is taken on explored examples too.
  static var needsTeacher: Bool { get }
  /// Whether it trains a generator instead of a classifier.
  static var trainsGenerator: Bool { get }

  /// The loss as summands of the objective, named for logs.
  ///
  /// - Parameter name: What the recipe calls this loss.
  /// - Throws: `GraphError` for shapes that do not fit.
  func terms(_ x: Comparison, name: String) throws -> [LossTerm]
}

extension DistillationLoss {
  /// A classifier's.
  public static var trainsGenerator: Bool { false }
}

/// What a loss compares.
public struct Comparison {
  /// The step that is built.
  public let inputs: StepInputs
  /// The learner's forward pass.
  public let context: ForwardContext
  /// The model that learns.
  public let learner: Module
  /// The examples, `[batch, …]`.
  public let examples: Tensor
  /// The learner's outputs for them, `[batch, classes]`, into which gradients flow; nil for a generator.
  public let output: Tensor?
  /// The teacher's outputs for them, `[batch, classes]`, without a gradient; nil where there is none.
  public let teacher: Tensor?
  /// Their classes, int32 `[batch]`; nil for examples without labels.
  public let labels: Tensor?
}

extension CatalogEntry where Element == any DistillationLoss {
  /// The kind of loss that `type` is.
  public init<Loss: DistillationLoss>(_ type: Loss.Type) {
    self.init(type, wrap: { $0 }, unwrap: { $0 as? Loss })
  }
}

/// Every loss that a recipe can name.
public enum LossCatalog {
  /// One line each.
  public static let all: Catalog<any DistillationLoss> = [
    CatalogEntry(CrossEntropyLoss.self),
    CatalogEntry(SoftTargetLoss.self),
    CatalogEntry(VariationalLoss.self),
  ]
}
