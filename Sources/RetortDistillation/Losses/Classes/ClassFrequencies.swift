import Glibc

/// How many training examples each class has, and what losses for classes of unequal sizes make of it.
public struct ClassFrequencies: Sendable {
  /// The training examples of each class, by class number, each ≥ 1.
  public let counts: [Double]

  /// The classes of the examples that a loss is trained on.
  ///
  /// - Parameters:
  ///   - x: What the loss compares.
  ///   - loss: The loss's name in recipes, for messages.
  /// - Throws: `ClassCountError` where nothing says how many examples the classes have, or one has none.
  init(_ x: Comparison, for loss: String) throws(ClassCountError) {
    try self.init(x.inputs.classCounts, for: loss)
  }

  /// The given numbers of examples, for a loss or a key of recipes of that name.
  ///
  /// - Throws: `ClassCountError` for no classes, and for one without examples.
  package init(_ counts: [Int], for loss: String) throws(ClassCountError) {
    guard !counts.isEmpty else { throw .unknown(loss: loss) }
    if let empty = counts.firstIndex(where: { $0 < 1 }) {
      throw .emptyClass(empty, loss: loss)
    }
    self.counts = counts.map(Double.init)
  }

  /// The number of classes.
  public var count: Int { counts.count }

  /// The logarithm of each class's share of the examples, in nats.
  ///
  /// Source: [Menon et al. 2021](https://arxiv.org/abs/2007.07314), section 4.
  public var logShares: [Double] {
    let total = log(counts.reduce(0, +))
    return counts.map { log($0) - total }
  }

  /// A margin for each class, in logits: `largest · (n_min / n_c)^¼`, so that the rarest class has the largest.
  ///
  /// Source: [Cao et al. 2019](https://arxiv.org/abs/1906.07413), section 3.2.
  ///
  /// - Parameter largest: The rarest class's margin, ≥ 0.
  public func margins(largest: Double) -> [Double] {
    let least = counts.min() ?? 1
    return counts.map { largest * pow(least / $0, 0.25) }
  }

  /// A weight for each class: one over the effective number of its examples, with a mean of 1.
  ///
  /// The effective number is `(1 − β^n) / (1 − β)`: 1 for β = 0, so that all classes weigh alike, and n for β = 1.
  ///
  /// Source: [Cui et al. 2019](https://arxiv.org/abs/1901.05555), proposition 1 and section 4.
  ///
  /// - Parameter beta: β, in [0, 1].
  public func weights(beta: Double) -> [Double] {
    // 1 − β cancels; 1 − βⁿ keeps its digits for a β near 1.
    let raw = counts.map { beta == 1 ? 1 / $0 : -1 / expm1($0 * log(beta)) }
    let mean = raw.reduce(0, +) / Double(count)
    return raw.map { $0 / mean }
  }
}

/// Why a loss cannot know how frequent classes are.
public enum ClassCountError: Error, Equatable, Sendable {
  /// Nothing says how many training examples the classes have.
  case unknown(loss: String)
  /// No training example is of this class, counted from 0.
  case emptyClass(Int, loss: String)
}

extension ClassCountError: CustomStringConvertible {
  /// One line: what, and the way out.
  public var description: String {
    switch self {
    case .unknown(let loss):
      "'\(loss)' needs the number of training examples of each class, which nothing says; build the step "
        + "with a loader of labelled examples, or give it 'classCounts'"
    case .emptyClass(let index, let loss):
      "'\(loss)' makes up for how rare classes are, and no training example is of class \(index), counted "
        + "from 0; take examples of every class, such as by a smaller imbalance, or leave it out"
    }
  }
}
