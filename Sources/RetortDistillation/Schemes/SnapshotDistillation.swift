import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students that learn from what they were at the end of the last cycle: `scheme: snapshot`.
public struct Snapshot: PeerScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "snapshot", "a student learns from labels and from itself at the end of the last cycle",
    """
    One training in cycles of equal length: the weights at the end of each are the teacher of the next, in \
    evaluation mode, and in the first cycle labels alone count. The paper lets the learning rate begin anew \
    with each cycle, so that teacher and student differ enough, and softens the teacher by a temperature of 2 \
    to 3. Several students go through it side by side.
    """,
    equation: [
      "L = Σ_i w_i · loss_i( student(x), label )",
      "  + [t > every] · Σ_j w_j · loss_j( student(x), snapshot(x) )",
    ], source: "Yang, Xie, Su, Yuille 2019, arXiv 1812.00123, equation 2")

  /// The number of steps of a cycle; 0 for a pass over the examples.
  public var interval = 0

  /// Its keys.
  public static let keys: [Key<Snapshot>] = [
    .int("every", \.interval, 0...1 << 24, "steps of a cycle; 0 for a pass over the examples")
  ]
  /// It is alone.
  public static let leastStudents = 1
  /// Its past.
  public static let others = "their own past"

  /// Cycles of a pass over the examples.
  public init() {}

  /// Cycles of `interval` steps.
  public init(every interval: Int) { self.interval = interval }

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    let pasts = cast.pasts(every: interval)
    return PeerLearning(students: cast.students, losses: cast.losses, pasts: pasts) {
      student, _, inputs in
      let past = pasts[student]
      return Lesson([past.logits(in: inputs)], share: inputs.isAfter(past.interval + 1))
    }
  }
}
