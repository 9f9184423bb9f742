import RetortCore

/// The kind of a dataset's examples, with the sizes that models depend on.
public enum ExampleSpec: Hashable, Sendable {
  /// Images of one size.
  case image(ImageSize)
  /// Sequences of `length` token ids below `vocabulary`, padding included.
  case tokens(length: Int, vocabulary: Int)

  /// The fields that models read: `image`, float32 in [0, 1] unless normalised otherwise; or `tokens` and
  /// `mask`, both int32, with a mask of 1 for tokens and 0 for padding.
  public var fields: [Field] {
    switch self {
    case .image(let size):
      [Field("image", [size.height, size.width, size.channels], .float32)]
    case .tokens(let length, _):
      [Field("tokens", [length], .int32), Field("mask", [length], .int32)]
    }
  }

  /// Whether they are texts.
  public var areTexts: Bool { if case .tokens = self { true } else { false } }

  /// Examples as inputs of `graph`.
  public func inputs(in graph: Graph, batch: Int) -> Example {
    Example(fields.map { ($0.name, $0.input(in: graph, batch: batch)) })
  }

  /// The kind and size in words, for messages.
  public var description: String {
    switch self {
    case .image(let size): "pictures of \(size.height)×\(size.width)×\(size.channels)"
    case .tokens(let length, _): "sequences of \(length) token ids"
    }
  }
}
