import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// One summand of what a student minimises: a function of what it and its teacher make of examples.
///
/// One more is a file with a type of this protocol, and a line in `LossCatalog`.
public protocol DistillationLoss: Configurable, Explained {
  /// What multiplies it in the sum, ≥ 0.
  var weight: Double { get set }
  /// Whether it compares the student with a teacher; such a loss is taken on explored examples too.
  static var needsTeacher: Bool { get }
  /// Whether it trains a generator instead of a classifier.
  static var trainsGenerator: Bool { get }

  /// The features that it compares beside the outputs; none by default.
  var taps: [TapPair] { get }

  /// The layers that bring the student's features to the teacher's shapes, one for each pair of `taps`;
  /// none by default.
  ///
  /// - Parameters:
  ///   - student: The shapes of the student's features, batches included, in the order of `taps`.
  ///   - teacher: Those of the teacher's.
  /// - Throws: `AdapterError` for shapes that cannot be brought together.
  func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module]

  /// The loss as summands of the objective, named for logs.
  ///
  /// - Parameters:
  ///   - x: What is compared.
  ///   - name: What the recipe calls this loss.
  /// - Throws: `GraphError` for shapes that do not fit.
  func terms(_ x: Comparison, name: String) throws -> [LossTerm]
}

extension DistillationLoss {
  /// A classifier's.
  public static var trainsGenerator: Bool { false }
  /// Outputs alone.
  public var taps: [TapPair] { [] }
  /// None.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    []
  }
}

extension Key where Root: DistillationLoss {
  /// The key of the weight, which every loss has.
  public static var weight: Key<Root> {
    .number("weight", \.weight, .notNegative(), "what multiplies the loss in the sum")
  }
}

/// What a loss compares.
public struct Comparison {
  /// The step that is built.
  public let inputs: StepInputs
  /// The learner's forward pass.
  public let context: ForwardContext
  /// The model that learns.
  public let learner: Module
  /// The examples.
  public let examples: Example
  /// The learner's outputs for them, `[batch, classes]`, and features, into which gradients flow; nil for
  /// a generator.
  public let student: Taps?
  /// The teacher's outputs and features, which are constants; nil where there is none.
  public var teacher: Taps?
  /// Their classes, int32 `[batch]`; nil for examples without labels.
  public let labels: Tensor?
  /// The adapters of the loss, one for each pair of its taps, or none.
  public var adapters: [Module] = []

  /// The student's `features` of the pair at `index`, as the adapter leaves them.
  public func adapted(_ features: Tensor, _ index: Int) -> Tensor {
    guard adapters.indices.contains(index) else { return features }
    let adapter = adapters[index]
    return learner.using(context) { adapter(features) }
  }
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
    CatalogEntry(LogitLoss.self),
    CatalogEntry(HintLoss.self),
    CatalogEntry(VariationalLoss.self),
  ]
}
