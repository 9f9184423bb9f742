import RetortCore

/// A batch of examples as models read it: named tensors with the batch as first axis.
///
/// Most models read the first field only; see `Module.forward(_:)`.
public struct Example {
  /// The tensors by name, at least one.
  public let fields: [(name: String, value: Tensor)]
  /// The share of each example that is of the one before it in the batch, float32 `[batch]`, with the last before
  /// the first; nil where examples are not mixed.
  public let otherShare: Tensor?
  /// The rows of examples in tables with a row for each of their draws, int32 `[batch]`; nil where an example has one
  /// row, that of its index.
  public let row: Tensor?
  /// The labels, int32 `[batch]`; nil for examples without, such as those that a search has made.
  public var labels: Tensor?

  /// Examples of the given fields.
  public init(
    _ fields: [(name: String, value: Tensor)], otherShare: Tensor? = nil, row: Tensor? = nil
  ) {
    precondition(!fields.isEmpty, "an example has at least one field")
    (self.fields, self.otherShare, self.row) = (fields, otherShare, row)
  }

  /// Examples of one field: images `[batch, height, width, channels]`, or another input of a model.
  public init(_ x: Tensor, name: String = "image") { self.init([(name, x)]) }

  /// The first field.
  public var x: Tensor { fields[0].value }

  /// The number of examples.
  public var count: Int { x.shape[0] }

  /// The field called `name`; nil where there is none.
  public subscript(name: String) -> Tensor? { fields.first { $0.name == name }?.value }

  /// These examples, then those of `other`, which have the same fields; of either no more is known what it was
  /// mixed of.
  public func concatenated(with other: Example) -> Example {
    Example(
      zip(fields, other.fields).map { own, its in
        (own.name, Tensor.concatenate([own.value, its.value], axis: 0))
      })
  }
}
