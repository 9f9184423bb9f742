import RetortCore
import RetortSchema

/// A way to follow gradients: a rule with its constants and a base learning rate.
///
/// One more is a file with a type of this protocol, and a line in `OptimizerCatalog`.
public protocol Optimizer: Configurable, Explained, Hashable {
  /// The learning rate before a schedule scales it.
  var learningRate: Double { get set }
  /// The share by which weights decay.
  var weightDecay: Double { get set }
  /// The share of the last velocity that stays, or of the mean gradient: β₁ for Adam.
  var momentum: Double { get set }
  /// What one step does to parameters and state.
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
  /// The kind of optimizer that `type` is.
  public init<Rule: Optimizer>(_ type: Rule.Type) {
    self.init(type, wrap: { $0 }, unwrap: { $0 as? Rule })
  }
}

/// Every optimizer that a recipe can name.
public enum OptimizerCatalog {
  /// One line each.
  public static let all: Catalog<any Optimizer> = [
    CatalogEntry(SGD.self),
    CatalogEntry(Adam.self),
    CatalogEntry(AdamW.self),
    CatalogEntry(RMSprop.self),
  ]
}

extension Explanation {
  /// An optimizer's: what all of them can do is said too.
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
