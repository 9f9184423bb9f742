import RetortCore

/// What the examples of a dataset are, as far as models depend on it.
public enum ExampleSpec: Hashable, Sendable {
  /// Pictures.
  case image(ImageSize)
  /// Sequences of `length` token ids below `vocabulary`, padding included.
  case tokens(length: Int, vocabulary: Int)

  /// The fields that models read: `image`, float32 in [0, 1] unless normalised otherwise; or `tokens`, int32,
  /// and `mask`, int32, 1 where a token stands and 0 where there is padding.
  public var fields: [Field] {
    switch self {
    case .image(let size):
      [Field("image", [size.height, size.width, size.channels], .float32)]
    case .tokens(let length, _):
      [Field("tokens", [length], .int32), Field("mask", [length], .int32)]
    }
  }

  /// Examples that are inputs of `graph`.
  public func inputs(in graph: Graph, batch: Int) -> Example {
    Example(fields.map { ($0.name, $0.input(in: graph, batch: batch)) })
  }

  /// What they are, in words.
  public var description: String {
    switch self {
    case .image(let size): "pictures of \(size.height)×\(size.width)×\(size.channels)"
    case .tokens(let length, _): "sequences of \(length) token ids"
    }
  }
}
