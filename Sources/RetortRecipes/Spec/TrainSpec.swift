import RetortData
import RetortSchema

/// How long a stage trains, in what batches.
public struct TrainSpec: Equatable, Sendable {
  /// How long.
  public enum Length: Equatable, Sendable {
    /// Optimizer steps.
    case steps(Int)
    /// Passes over the examples, each of which is used once in each.
    case epochs(Int)
  }

  /// How batches are drawn.
  public enum Sampling: String, CaseIterable, Sendable {
    /// Each epoch is a permutation.
    case shuffle
    /// Each example is drawn independently, all alike.
    case replacement
    /// Each example's class is drawn first, all classes alike.
    case classBalanced = "class-balanced"
    /// Each example's class is drawn first, by the square root of its size.
    case squareRoot = "square-root"
    /// From `replacement` at the first step to `classBalanced` at the last.
    case progressivelyBalanced = "progressively-balanced"
  }

  /// Which weights of a training are measured, exported and left to later stages.
  public enum Kept: String, CaseIterable, Sendable {
    /// Those after the last step.
    case last
    /// Those that did best on the examples held out for validation.
    case best
  }

  /// Examples of one step, ≥ 1.
  public var batch = 128
  /// How long.
  public var length: Length = .epochs(10)
  /// Evaluation of validation and test examples every so many steps; nil for that of test examples at
  /// the end only.
  public var evaluateEvery: Int?
  /// A line of progress every so many steps.
  public var logEvery = 50
  /// How batches are drawn.
  public var sampling: Sampling = .shuffle
  /// Which weights are kept; the best need examples held out for validation.
  public var kept: Kept = .last
  /// How many validations in a row may be no better than the best before training ends early, ≥ 1; nil
  /// for no such end.
  public var patience: Int?
  /// τ of the classifier's rows after training, in [0, 1]: each is divided by its length to this power; nil leaves
  /// them as they are, as validations on the way find them.
  public var tauNormalization: Double?
  /// τ of the classifier's biases after training, ≥ 0: each loses τ times the logarithm of its class's share of the
  /// training examples; nil leaves them as they are, as validations on the way find them.
  public var logitAdjustment: Double?

  /// Whether classifiers are corrected after training.
  package var correctsClassifiers: Bool { tauNormalization != nil || logitAdjustment != nil }

  /// Ten epochs of 128.
  public init() {}

  /// More steps than this are refused; random numbers count steps in 32 bits.
  public static let stepLimit = 1_000_000_000

  /// How many steps lie between two validations of a training of `steps` steps over `examples` examples:
  /// as many as `evaluateEvery` says, else a pass over the examples, but no less than a hundredth.
  public func validationInterval(steps: Int, examples: Int) -> Int {
    evaluateEvery ?? max(1, (examples + batch - 1) / batch, (steps + 99) / 100)
  }

  /// The number of steps over `examples` examples: `⌈epochs · examples / batch⌉`.
  ///
  /// Every batch is full. One that an epoch does not fill begins the next, so that each epoch uses each
  /// example once; only the very last batch may begin an epoch more.
  public func steps(examples: Int) -> Int {
    switch length {
    case .steps(let count): return count
    case .epochs(let count):
      let (total, isTooLarge) = count.multipliedReportingOverflow(by: examples)
      return isTooLarge ? .max : total / batch + (total % batch > 0 ? 1 : 0)
    }
  }
}

extension TrainSpec: Configurable {
  /// The keys of `train`.
  public static let keys: [Key<TrainSpec>] =
    [.int("batch", \.batch, 1...1_000_000, "examples of one step")]
    + .oneOf(
      .int("steps", \.stepCount, 1...stepLimit, "optimizer steps"),
      .int("epochs", \.epochs, 1...1_000_000, "passes over the training examples"))
    + [
      .int(
        "evaluate-every", \.evaluateEvery, 1...stepLimit,
        "test accuracy every so many steps, besides the end"),
      .int("log-every", \.logEvery, 1...stepLimit, "a line of metrics every so many steps"),
      .choice("sampling", \.sampling, "how batches are drawn"),
      .choice("keep", \.kept, "which weights are measured, exported and left to later stages")
        .omittedAtDefault(),
      .int(
        "patience", \.patience, 1...stepLimit,
        "validations no better than the best before training ends early"),
      .number(
        "tau-normalize", \.tauNormalization, .unit,
        "after training each class's weights are divided by their length to this power"),
      .number(
        "logit-adjust", \.logitAdjustment, .notNegative(upTo: 100),
        "after training each class's logit loses so many times the logarithm of its share of the examples"
      ),
    ]

  private var stepCount: Int? {
    get { if case .steps(let count) = length { count } else { nil } }
    set { if let newValue { length = .steps(newValue) } }
  }

  private var epochs: Int? {
    get { if case .epochs(let count) = length { count } else { nil } }
    set { if let newValue { length = .epochs(newValue) } }
  }
}

extension TrainSpec {
  /// How the batches of `steps` steps are drawn from examples with the given labels.
  package func sampling(labels: [Int32], steps: Int) -> BatchOrder.Sampling {
    func byClass(_ exponent: Double) -> ClassSampling {
      ClassSampling(labels: labels, exponent: exponent)
    }
    return switch sampling {
    case .shuffle: .shuffled
    case .replacement: .replacement
    case .classBalanced: .byClass(byClass(0))
    case .squareRoot: .byClass(byClass(0.5))
    case .progressivelyBalanced: .progressive(byClass(0), over: steps * batch)
    }
  }
}

extension TrainSpec.Sampling {
  private static let paper = "Kang et al. 2020, arXiv 1910.09217"

  /// What it does, and its name in recipes.
  public var explanation: Explanation {
    switch self {
    case .shuffle:
      Explanation(
        rawValue, "every example once an epoch, in random order",
        """
        The default. Every batch is full: where an epoch does not divide into batches, its last \
        examples and the first of the next epoch share one. So 6 epochs of 300 examples in batches \
        of 200 are 9 steps, and each example is used once in each epoch.
        """, equation: ["epoch e is the examples in the order of a random permutation π_e"],
        source: "the usual way")
    case .replacement:
      Explanation(
        rawValue, "each example drawn on its own, all alike",
        "The paper's instance-balanced sampling: large classes are drawn often.",
        equation: ["P(class j) = n_j / Σ_i n_i"], source: "\(Self.paper), equation 1 with q = 1")
    case .classBalanced:
      Explanation(
        rawValue, "all classes alike, then an example of the class",
        "For unequal classes. Examples of small classes come up again and again.",
        equation: ["P(class j) = 1 / classes"], source: "\(Self.paper), equation 1 with q = 0")
    case .squareRoot:
      Explanation(
        rawValue, "classes by the square root of their sizes",
        "Half way between 'replacement' and 'class-balanced'.",
        equation: ["P(class j) = √n_j / Σ_i √n_i"], source: "\(Self.paper), equation 1 with q = ½")
    case .progressivelyBalanced:
      Explanation(
        rawValue, "from 'replacement' to 'class-balanced' while training goes on",
        "Features are learnt from all examples first, a balanced decision at the end.",
        equation: [
          "P(class j) = (1 − t/T)·n_j / Σ_i n_i + t/T · 1 / classes,  example t of T in all"
        ], source: "\(Self.paper), equation 2, there by whole epochs")
    }
  }
}
