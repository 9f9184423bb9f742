import RetortCore
import RetortSchema

/// An optimizer: an update rule with its constants and a base learning rate.
///
/// To add one, write a file with a type of this protocol and a line in `OptimizerCatalog`.
public protocol Optimizer: Configurable, Explained, Hashable {
  /// The learning rate before a schedule scales it.
  var learningRate: Double { get set }
  /// The weight decay.
  var weightDecay: Double { get set }
  /// The momentum, or β₁ for Adam.
  var momentum: Double { get set }
  /// The update rule of one step.
  var rule: OptimizerRule { get }
}

extension Key where Root: Optimizer {
  /// The key of the learning rate.
  static var learningRate: Key<Root> {
    .number("learning-rate", \.learningRate, .positive(upTo: 1000), "the rate").alias("lr")
  }

  /// The key of the weight decay, whose meaning differs.
  static func weightDecay(_ meaning: String = "the share of p that is added to g") -> Key<Root> {
    .number("weight-decay", \.weightDecay, .notNegative(upTo: 1000), meaning)
  }
}

extension CatalogEntry where Element == any Optimizer {
  /// The entry of the optimizer `type`.
  public init<Rule: Optimizer>(_ type: Rule.Type) {
    self.init(type, wrap: { $0 })
  }
}

/// Every optimizer that a recipe can name.
public enum OptimizerCatalog {
  /// One entry per optimizer.
  public static let all: Catalog<any Optimizer> = [
    CatalogEntry(SGD.self),
    CatalogEntry(Adam.self),
    CatalogEntry(AdamW.self),
    CatalogEntry(RMSprop.self),
  ]
}

extension Explanation {
  /// The explanation of an optimizer, with a paragraph on the options that all share.
  init(
    optimizer name: String, _ summary: String, _ discussion: String, equation: [String],
    source: String
  ) {
    self.init(
      name, summary,
      discussion + """
         All kinds can clip gradients, and keep a mean of the weights, which is then \
        evaluated and exported instead of the last weights; batch norms keep their last statistics.
        """, equation: equation, source: source)
  }
}
