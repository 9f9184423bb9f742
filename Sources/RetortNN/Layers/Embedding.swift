import RetortCore

/// A table of vectors looked up by int32 ids: `[…] → […, features]`.
///
/// Ids outside the table give zeros.
public final class Embedding: Module {
  /// `[entries, features]`.
  public let weight: Parameter

  /// A table of `entries` vectors; PyTorch's normal initialisation unless given.
  public init(
    _ entries: Int, _ features: Int, initialiser: Initialiser = .normal(deviation: 1)
  ) {
    weight = Parameter([entries, features], initialiser)
  }

  public override func forward(_ ids: Tensor) -> Tensor { weight.tensor.gather(ids) }
}
