import RetortCore

/// A table of vectors looked up by int32 ids: `[…] → […, features]`.
///
/// Ids outside the table give zeros. The vector of a padding id is read but not trained.
public final class Embedding: Module {
  /// The table, `[entries, features]`.
  public let weight: Parameter
  private let padding: Int?

  /// A table of `entries` vectors; PyTorch's normal initialisation unless given.
  ///
  /// - Parameters:
  ///   - entries: The number of vectors; ids are below it.
  ///   - features: The number of elements of a vector.
  ///   - initialiser: The initialiser of the vectors.
  ///   - padding: The id whose vector receives no gradient, if any; PyTorch's `padding_idx`, except that the
  ///     vector is initialised like the others.
  public init(
    _ entries: Int, _ features: Int, initialiser: Initialiser = .normal(deviation: 1),
    padding: Int? = nil
  ) {
    weight = Parameter([entries, features], initialiser)
    self.padding = padding
  }

  public override func forward(_ ids: Tensor) -> Tensor {
    let rows = weight.tensor.gather(ids)
    guard let padding else { return rows }
    let isPadding = ids.toFloat().equal(ids.graph.fill(Double(padding))).expandingLast()
    return isPadding.select(rows.stopGradient(), rows)
  }
}
