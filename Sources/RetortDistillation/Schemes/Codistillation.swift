import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students that learn from what the others were some steps ago: `scheme: codistillation`.
public struct Codistillation: PeerScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "codistillation", "students learn from labels and from delayed copies of each other",
    """
    As mutual, but each student's peers are copies of their weights, exchanged every so many steps, in \
    evaluation mode: what several machines would do that seldom speak with each other. The copy of step \
    k · every teaches in the steps after it. Until 'burn-in' steps have been done, students learn from labels \
    alone.
    """,
    equation: [
      "L_k = Σ_i w_i · loss_i( student_k(x), label )",
      "    + [t > burn-in] · 1/(K − 1) · Σ_{l ≠ k} Σ_j w_j · loss_j( student_k(x), copy_l(x) )",
    ], source: "Anil et al. 2018, arXiv 1804.03235, algorithm 1")

  /// The number of steps between two exchanges.
  public var interval = 100
  /// The number of steps before students learn from each other.
  public var burnIn = 0

  /// Its keys.
  public static let keys: [Key<Codistillation>] = [
    .int("every", \.interval, 1...1 << 24, "steps between two exchanges"),
    .int("burn-in", \.burnIn, 0...1 << 24, "steps on labels alone before"),
  ]
  /// Peers.
  public static let leastStudents = 2
  /// The peers.
  public static let others = "each other"

  /// An exchange every 100 steps, from the first.
  public init() {}

  /// An exchange every `interval` steps, which counts after `burnIn` steps.
  public init(every interval: Int, burnIn: Int = 0) {
    (self.interval, self.burnIn) = (interval, burnIn)
  }

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    let pasts = cast.pasts(every: interval)
    return PeerLearning(students: cast.students, losses: cast.losses, pasts: pasts) {
      [burnIn] student, outputs, inputs in
      let peers = outputs.indices.filter { $0 != student }
      return Lesson(peers.map { pasts[$0].logits(in: inputs) }, share: inputs.isAfter(burnIn))
    }
  }
}

extension StepInputs {
  /// 1 in steps after the first `count`, and after step 0, else 0; float32 `[1]`.
  func isAfter(_ count: Int) -> Tensor {
    step.toFloat().greaterOrEqual(graph.fill(Double(max(1, count))))
  }
}
