import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students whose labels are softened more and more by what they said in the last epoch: `scheme: ps-kd`.
public struct ProgressiveSelf: PeerScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "ps-kd", "a student's labels are softened more and more by what it said in the epoch before",
    """
    Progressive self-knowledge distillation: the targets are labels mixed with the predictions of the weights \
    at the end of the last epoch, in evaluation mode and of the pictures of this step. The share of the \
    predictions grows with the steps, from 0 to 'share'. With kd at a temperature of 1 the gradient is that of \
    the cross-entropy with the mixed targets; the value differs by the predictions' entropy. Several students go \
    through it side by side.
    """,
    equation: [
      "L = (1 − a_t) · Σ_i w_i · loss_i( student(x), label ) + a_t · Σ_j w_j · loss_j( student(x), past(x) )",
      "a_t = share · t / steps,  and 0 before there is a past",
    ], source: "Kim, Ji, Yoon, Hwang 2021, arXiv 2006.12000, equations 3 and 6")

  /// The share of the predictions at the end.
  public var share = 0.8
  /// The number of steps between two copies; 0 for a pass over the examples.
  public var interval = 0

  /// Its keys.
  public static let keys: [Key<ProgressiveSelf>] = [
    .number(
      "share", \.share, .unit, "what the predictions' share of the targets has become at the end"),
    .int(
      "every", \.interval, 0...1 << 24, "steps between two copies; 0 for a pass over the examples"),
  ]
  /// It is alone.
  public static let leastStudents = 1
  /// Its past.
  public static let others = "their own past"

  /// A share of 0.8, and copies of each epoch.
  public init() {}

  /// A share that grows to `share`, and copies every `interval` steps.
  public init(share: Double, every interval: Int) {
    (self.share, self.interval) = (share, interval)
  }

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    let pasts = cast.pasts(every: interval)
    let growth = share / Double(cast.steps)
    return PeerLearning(students: cast.students, losses: cast.losses, pasts: pasts) {
      student, _, inputs in
      let past = pasts[student]
      let share = inputs.step.toFloat() * growth * inputs.isAfter(past.interval + 1)
      return Lesson([past.logits(in: inputs)], labels: 1 - share, share: share)
    }
  }
}
