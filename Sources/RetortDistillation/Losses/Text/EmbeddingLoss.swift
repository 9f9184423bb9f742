import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// The distance of a student's vectors from a teacher's, mean over all texts of the batch.
public struct EmbeddingLoss: DistillationLoss {
  /// How far two vectors are from each other.
  public enum Distance: String, CaseIterable, Sendable {
    /// One less their cosine.
    case cosine
    /// The mean of their elements' squared differences.
    case squared
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "embedding", "distance of vectors",
    """
    The student learns to give each text the teacher's vector. Where its own are of another size, r is a linear layer \
    that trains with the student and is not exported; of vectors of one size it does nothing. 'cosine' takes no \
    notice of lengths; 'squared' is the MSELoss of sentence-transformers. 'retrieval', 'rkd' and 'similarity' compare \
    what is alike instead.
    """,
    equation: [
      "L = mean over texts of 1 − ⟨r(s), t⟩ / (‖r(s)‖·‖t‖)      cosine",
      "L = mean over texts and dimensions of (r(s) − t)²        squared",
    ], source: "Reimers and Gurevych 2020, arXiv 2004.09813, equation 1, for the squares")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// How far two vectors are from each other.
  public var distance = Distance.cosine

  /// The keys in recipes.
  public static let keys: [Key<EmbeddingLoss>] = [
    .weight, .choice("distance", \.distance, "how far two vectors are from each other"),
  ]
  /// True: the teacher's vectors are its targets.
  public static let needsTeacher = true
  /// Vectors.
  public static let outputs: OutputKind? = .vectors

  /// The cosine, with weight 1.
  public init() {}

  /// A loss of the given distance.
  public init(weight: Double = 1, distance: Distance) {
    (self.weight, self.distance) = (weight, distance)
  }

  /// A linear layer from the student's vectors to the teacher's size, where these differ.
  ///
  /// - Throws: `AdapterError` where either gives no vectors.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    guard let own = student.first, let other = teacher.first, own[-1] != other[-1] else {
      return []
    }
    return [try Adapter.matching(own, other)]
  }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `VectorSizeError` for vectors of two sizes without a layer between them.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let vectors = x.student?.output, let teacher = x.teacher?.output else { return [] }
    let student = x.adapters.first.map { layer in x.adapting { layer(vectors) } } ?? vectors
    guard student.shape == teacher.shape else {
      throw VectorSizeError(student: student.shape[-1], teacher: teacher.shape[-1])
    }
    let target = teacher.stopGradient()
    let loss =
      switch distance {
      case .squared: meanSquaredError(student, target)
      case .cosine: student.cosineRows(teacher: target).mean()
      }
    return [LossTerm(name, weight: weight, loss)]
  }
}

/// A student's vectors of another size than its teacher's.
public struct VectorSizeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The numbers of one vector.
  public let student: Int, teacher: Int

  /// One line: what, and the way out.
  public var description: String {
    "loss 'embedding' cannot compare the student's vectors of \(student) numbers with the teacher's of "
      + "\(teacher); give the student 'width: \(teacher)', or take 'retrieval', 'rkd' or 'similarity'"
  }
}
