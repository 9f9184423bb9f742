/// One summand of a stage's objective.
public enum LossSpec: Equatable, Sendable {
  /// Softmax cross-entropy on labels.
  case crossEntropy(weight: Double = 1, labelSmoothing: Double = 0)
  /// `T²·KL` on the teacher's logits.
  case softTargets(weight: Double = 1, temperature: Double = 4)
  /// Reconstruction and `kl`-weighted KL of a variational autoencoder.
  case variational(weight: Double = 1, klWeight: Double = 1)

  /// What a recipe calls the kind.
  public var kind: String {
    switch self {
    case .crossEntropy: "cross-entropy"
    case .softTargets: "kd"
    case .variational: "vae"
    }
  }
}
