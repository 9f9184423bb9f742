import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Relational distillation: distances and angles among the outputs of a batch.
public struct RelationLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "rkd", "distances and angles among the examples of a batch",
    """
    The student learns how the teacher's outputs lie to each other rather than where: distances of pairs, as \
    shares of their mean, and angles of triples. Both may have outputs of different sizes. A batch of b has \
    b³ angles, so with large batches 'angle' is left at 0. h is Huber's loss; the mean over all b² and b³, \
    as in RepDistiller, whose weights are 25 and 50.
    """,
    equation: [
      "L = d · mean h( ψ_s − ψ_t ) + a · mean h( φ_s − φ_t )",
      "ψ(i, j) = ‖x_i − x_j‖ / mean,  φ(i, j, k) = cos ∠( x_i − x_j, x_k − x_j )",
      "h(e) = ½·e² for |e| ≤ 1, else |e| − ½",
    ], source: "Park, Kim, Lu, Cho 2019, arXiv 1904.05068, equations 4 to 8")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The weight of distances within the loss, ≥ 0.
  public var distance = 1.0
  /// The weight of angles within the loss, ≥ 0.
  public var angle = 2.0

  /// The keys in recipes.
  public static let keys: [Key<RelationLoss>] = [
    .weight, .number("distance", \.distance, .notNegative(), "d, what multiplies distances"),
    .number("angle", \.angle, .notNegative(), "a, what multiplies angles"),
  ]
  /// True: the teacher's relations are its targets.
  public static let needsTeacher = true

  /// Distances and angles as the paper weighs them, 1 to 2.
  public init() {}

  /// A loss with the given weights.
  public init(weight: Double = 1, distance: Double = 1, angle: Double = 2) {
    (self.weight, self.distance, self.angle) = (weight, distance, angle)
  }

  /// One term each for distances and angles of weight > 0, if there is a teacher; no gradient reaches it.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    let (own, other) = (Relations(student), Relations(teacher.stopGradient()))
    var terms: [LossTerm] = []
    if distance > 0 {
      terms.append(
        LossTerm(
          "\(name)-distance", weight: weight * distance,
          huber(own.relativeDistances - other.relativeDistances)))
    }
    if angle > 0 {
      terms.append(
        LossTerm("\(name)-angle", weight: weight * angle, huber(own.angles - other.angles)))
    }
    return terms
  }

  /// The mean of Huber's loss with a bound of 1.
  private func huber(_ error: Tensor) -> Tensor {
    let size = error.abs()
    let inner = size.minimum(size.graph.fill(1))
    return (inner.square() * 0.5 + size - inner).mean()
  }
}

/// How the rows of a matrix lie to each other.
private struct Relations {
  /// Scalar products, `[rows, rows]`.
  private let products: Tensor
  /// Squared lengths, `[rows, 1]`.
  private let lengths: Tensor
  /// Squared distances, `[rows, rows]`, at least 10⁻¹².
  private let squares: Tensor
  /// 1 off the diagonal and 0 on it, `[rows, rows]`.
  private let others: Tensor
  private let count: Int

  init(_ x: Tensor) {
    let count = x.shape[0]
    self.count = count
    products = x.matmul(x, transposeB: true)
    lengths = x.square().sum(axes: [1], keepingAxes: true)
    squares = (lengths + lengths.transposed() - products * 2).maximum(x.graph.fill(1e-12))
    let mask: [Float] = (0..<count * count).map { $0 / count == $0 % count ? 0 : 1 }
    others = x.graph.constant(mask, [count, count])
  }

  /// Distances over their mean, `[rows, rows]`; 0 on the diagonal.
  var relativeDistances: Tensor {
    let distances = squares.sqrt() * others
    return distances / (distances.sum() * (1 / Double(count * max(1, count - 1))))
  }

  /// The cosine of the angle at row `j` between rows `i` and `k`, `[j, i, k]`; 0 where two are one.
  ///
  /// Of scalar products alone: ⟨x_i − x_j, x_k − x_j⟩ = p_ik − p_ij − p_jk + p_jj.
  var angles: Tensor {
    let inverse = squares.rsqrt() * others
    let between = products.reshape([1, count, count])
    let (first, second) = (
      products.reshape([count, count, 1]), products.reshape([count, 1, count])
    )
    return (between - first - second + lengths.reshape([count, 1, 1]))
      * (inverse.reshape([count, count, 1]) * inverse.reshape([count, 1, count]))
  }
}
