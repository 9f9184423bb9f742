import RetortCore

/// One named part of every example of a dataset, such as its samples or its token ids.
public struct Field: Hashable, Sendable {
  /// The name in models and messages.
  public let name: String
  /// The extents in one example, without the batch.
  public let shape: Shape
  /// The type of its elements.
  public let dtype: DType

  /// A field of the given extents.
  public init(_ name: String, _ shape: Shape, _ dtype: DType) {
    (self.name, self.shape, self.dtype) = (name, shape, dtype)
  }

  /// The bytes of one example.
  public var byteCount: Int { shape.count * dtype.byteCount }

  /// An input of `graph` for `batch` examples, `[batch] + shape`.
  public func input(in graph: Graph, batch: Int) -> Tensor {
    graph.input(name, Shape([batch] + shape.dimensions), dtype)
  }
}
