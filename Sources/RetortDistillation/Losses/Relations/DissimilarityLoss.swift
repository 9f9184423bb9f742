import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Relative dissimilarity: of each triplet of examples, which is nearer to the first, by vote of teachers' layers.
public struct DissimilarityLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "dissimilarity", "which of two examples is nearer to a third, by vote of several teachers",
    """
    Layers of several teachers teach one of the student's, whatever their sizes: each votes of each triplet of \
    examples whether the first is nearer to the second or to the third, and the student's distances have to be in the \
    order of the majority, with a margin. Name the student's module once for each teacher, as in 'taps: [{student: \
    layer2, teacher: big.layer2}, {student: layer2, teacher: small.conv2}]'. Where as many vote for one as for the \
    other, the triplet does not count. Distances of the student are over their mean in the batch, so that the margin \
    is a share of that. With one teacher its order alone counts. A batch of b has b³ triplets.
    """,
    equation: [
      "L = mean over triplets i, j, k of [v > 0]·max(0, m + d_ij − d_ik)",
      "v = Σ over teachers of sign(D_ik − D_ij),  d, D: Euclidean distances, d over its mean",
    ], source: "You, Xu, Xu, Tao 2017, KDD, section 3.2")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The modules that vote, each with the student's module that they vote about; at least one.
  public var taps: [TapPair] = []
  /// m, the share of the mean distance by which the nearer one is to be nearer, ≥ 0.
  public var margin = 0.1

  /// The keys in recipes.
  public static let keys: [Key<DissimilarityLoss>] = [
    .weight,
    .list("taps", \.taps, "a module of the student, and one of each teacher that votes about it")
      .required(),
    .number("margin", \.margin, .notNegative(), "m, as a share of the mean distance"),
  ]
  /// True: the teachers' distances are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1 and a margin of 0.1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], margin: Double = 0.1) {
    (self.weight, self.taps, self.margin) = (weight, taps, margin)
  }

  /// One term, the mean over the student's modules; no gradient reaches a teacher.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    var voters: [(student: String, pairs: [FeaturePair])] = []
    for (tap, pair) in zip(taps, try x.pairs(taps)) {
      if let place = voters.firstIndex(where: { $0.student == tap.student }) {
        voters[place].pairs.append(pair)
      } else {
        voters.append((tap.student, [pair]))
      }
    }
    let parts = voters.map { order(of: $0.pairs[0].student, by: $0.pairs.map(\.teacher)) }
    return LossTerm(name, weight: weight, meanOf: parts).map { [$0] } ?? []
  }

  /// The mean of what distances of features lack to be in the order that `teachers` vote for.
  private func order(of features: Tensor, by teachers: [Tensor]) -> Tensor {
    let (graph, count) = (features.graph, features.shape[0])
    /// How much farther each example is from a third than from a second, `[i, j, k]`.
    func excess(_ distances: Tensor) -> Tensor {
      distances.reshape([count, 1, count]) - distances.reshape([count, count, 1])
    }
    let zero = graph.fill(0)
    let votes = teachers.map { teacher in
      let found = excess(BatchRelations(teacher).distances)
      return found.greater(zero) - zero.greater(found)
    }
    let sum = votes.dropFirst().reduce(votes[0], +)
    // An example is no neighbour of itself.
    let others = Tensor.others(count, in: graph)
    let areTriplets = others.reshape([count, count, 1]) * others.reshape([count, 1, count])
    let lack = (margin - excess(BatchRelations(features).relativeDistances)).maximum(zero)
    let triplets = max(1, count * (count - 1) * (count - 2) / 2)
    return (lack * sum.greater(zero) * areTriplets).sum() / Double(triplets)
  }
}
