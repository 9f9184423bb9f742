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
    /// Passes over the examples.
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

  /// Examples of one step, ≥ 1.
  public var batch = 128
  /// How long.
  public var length: Length = .epochs(10)
  /// Test evaluation every so many steps; nil for the end only.
  public var evaluateEvery: Int?
  /// A line of progress every so many steps.
  public var logEvery = 50
  /// How batches are drawn.
  public var sampling: Sampling = .shuffle

  /// Ten epochs of 128.
  public init() {}

  /// The number of steps over `examples` examples.
  public func steps(examples: Int) -> Int {
    switch length {
    case .steps(let count): count
    case .epochs(let count): count * max(1, examples / batch)
    }
  }
}
