import RetortCore
import RetortTraining

/// How parameters follow gradients.
public struct OptimizerSpec: Equatable, Sendable {
  /// The rule.
  public enum Kind: String, CaseIterable, Sendable {
    case sgd, adam, adamw, rmsprop
  }

  /// How the learning rate changes.
  public enum ScheduleKind: Equatable, Sendable {
    /// It does not.
    case constant
    /// Times `factor` after every `every` steps.
    case step(every: Int, factor: Double)
    /// Down to zero along half a cosine.
    case cosine
    /// PyTorch's one-cycle policy; the learning rate is its maximum.
    case oneCycle
  }

  /// The rule.
  public var kind: Kind = .adam
  /// The base or largest learning rate, > 0.
  public var learningRate = 1e-3
  /// The momentum of SGD or RMSprop, in [0, 1); recipes of RMSprop have 0 unless they say so.
  public var momentum = 0.9
  /// Whether SGD looks ahead.
  public var nesterov = false
  /// Added to gradients, or decoupled for AdamW; ≥ 0.
  public var weightDecay = 0.0
  /// Adam's decay of the first moment, in [0, 1).
  public var beta1 = 0.9
  /// Adam's decay of the second moment, in [0, 1).
  public var beta2 = 0.999
  /// The ε of Adam or RMSprop, > 0.
  public var epsilon = 1e-8
  /// RMSprop's decay of the mean squared gradient, in [0, 1).
  public var alpha = 0.99
  /// Whether RMSprop takes the square of the mean gradient off.
  public var centered = false
  /// How gradients are bounded, if at all.
  public var clipping: GradientClipping?
  /// The mean of the weights that is evaluated and exported in their place, if any.
  public var averaging: WeightAveraging?
  /// How the learning rate changes.
  public var schedule: ScheduleKind = .constant
  /// Steps over which the learning rate rises from zero first.
  public var warmup = 0

  /// Adam at 1e-3.
  public init() {}
}

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
