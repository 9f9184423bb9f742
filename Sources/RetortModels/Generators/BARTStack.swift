import RetortCore
import RetortNN

/// One side of BART: vectors of tokens with those of their positions, normalised, then layers.
///
/// The table of positions begins with two rows that nothing reads, as Hugging Face's does.
///
/// Source: [Lewis et al. 2020](https://arxiv.org/abs/1910.13461), section 2.1.
public final class BARTStack: Module {
  /// One vector per position, from row 2 on.
  public let embedPositions: Embedding
  /// The layers, in order.
  public let layers: [BARTLayer]
  /// Follows the sum of both vectors.
  public let layernormEmbedding: LayerNorm
  private let dropout: Dropout

  /// The rows of the table of positions that nothing reads.
  private static let offset = 2

  /// A side of the given sizes.
  public init(_ sizes: BERT.Sizes, layers count: Int, attendsToEncoder: Bool) {
    embedPositions = Embedding(
      sizes.maximumLength + Self.offset, sizes.width,
      initialiser: .truncatedNormal(deviation: 0.02))
    layers = (0..<count).map { _ in BARTLayer(sizes, attendsToEncoder: attendsToEncoder) }
    layernormEmbedding = LayerNorm(sizes.width)
    dropout = Dropout(sizes.dropout)
  }

  /// States `[batch, length, width]` of vectors of tokens.
  ///
  /// - Parameters:
  ///   - vectors: `[batch, length, width]`.
  ///   - mask: Added to the scores of self-attention; see `MultiHeadAttention`.
  ///   - states: The encoder's states, for a decoder.
  ///   - stateMask: Added to the scores of the attention to them.
  func callAsFunction(
    _ vectors: Tensor, mask: Tensor?, states: Tensor? = nil, stateMask: Tensor? = nil
  ) -> Tensor {
    scoped {
      layers.reduce(embedded(vectors, from: 0)) { x, layer in
        let answers = states.flatMap { layer.answers(of: $0) }
        return layer(x, mask: mask, answers: answers, answerMask: stateMask)
      }
    }
  }

  /// Vectors of tokens `[batch, length, width]` at the positions from `position` on, ready for the first layer.
  func embedded(_ vectors: Tensor, from position: Int) -> Tensor {
    let table = embedPositions.weight.tensor
    let start = Self.offset + position
    guard vectors.shape.rank == 3, start + vectors.shape[1] <= table.shape[0] else {
      return vectors.graph.fail(
        .invalidArgument(
          operation: "position embedding",
          reason: "\(vectors.shape) is no batch of at most \(table.shape[0] - Self.offset) vectors",
          path: vectors.graph.scope))
    }
    let places = table.slice(axis: 0, start..<start + vectors.shape[1])
    return dropout(layernormEmbedding(vectors + places))
  }
}

/// Self-attention, in a decoder attention to the encoder's states, and a feed-forward part, each added to its input
/// and normalised.
public final class BARTLayer: Module {
  /// What a layer attends to: keys and values, `[batch, length, width]` each.
  typealias Answers = (keys: Tensor, values: Tensor)

  /// Mixes positions.
  public let attention: MultiHeadAttention
  /// Follows it.
  public let attentionNorm: LayerNorm
  /// Asks the encoder's states; nil in an encoder.
  public let encoderAttention: MultiHeadAttention?
  /// Follows it.
  public let encoderAttentionNorm: LayerNorm?
  /// From the width to the feed-forward width, then GELU.
  public let fc1: Linear
  /// Back to the width.
  public let fc2: Linear
  /// Follows the feed-forward part.
  public let finalLayerNorm: LayerNorm
  private let dropout: Dropout

  /// A layer of the given sizes.
  public init(_ sizes: BERT.Sizes, attendsToEncoder: Bool) {
    func attention() -> MultiHeadAttention {
      MultiHeadAttention(
        width: sizes.width, heads: sizes.heads, dropout: sizes.dropout,
        initialiser: .truncatedNormal(deviation: 0.02), biasInitialiser: .zeros)
    }
    self.attention = attention()
    attentionNorm = LayerNorm(sizes.width)
    encoderAttention = attendsToEncoder ? attention() : nil
    encoderAttentionNorm = attendsToEncoder ? LayerNorm(sizes.width) : nil
    fc1 = Linear.encoder(sizes.width, sizes.feedForward)
    fc2 = Linear.encoder(sizes.feedForward, sizes.width)
    finalLayerNorm = LayerNorm(sizes.width)
    dropout = Dropout(sizes.dropout)
  }

  public override var children: [(key: String, module: Module)] {
    func parts(_ key: String, _ attention: MultiHeadAttention) -> [(key: String, module: Module)] {
      [
        ("\(key).k_proj", attention.key), ("\(key).v_proj", attention.value),
        ("\(key).q_proj", attention.query), ("\(key).out_proj", attention.output),
        (key, attention),
      ]
    }
    var children = parts("self_attn", attention) + [("self_attn_layer_norm", attentionNorm)]
    if let encoderAttention, let encoderAttentionNorm {
      children += parts("encoder_attn", encoderAttention)
      children.append(("encoder_attn_layer_norm", encoderAttentionNorm))
    }
    return children + [
      ("fc1", fc1), ("fc2", fc2), ("final_layer_norm", finalLayerNorm), ("dropout", dropout),
    ]
  }

  /// The keys and values that the encoder's states answer with; nil in an encoder.
  func answers(of states: Tensor) -> Answers? {
    encoderAttention.map { ($0.key(states), $0.value(states)) }
  }

  /// The states after this layer, `[batch, length, width]`.
  ///
  /// - Parameters:
  ///   - x: States, `[batch, length, width]`.
  ///   - mask: Added to the scores of self-attention.
  ///   - own: What self-attention attends to; nil for what it makes of `x`.
  ///   - answers: What the encoder's states answer with.
  ///   - answerMask: Added to the scores of the attention to them.
  func callAsFunction(
    _ x: Tensor, mask: Tensor?, own: Answers? = nil, answers: Answers?, answerMask: Tensor?
  ) -> Tensor {
    scoped {
      let mixed =
        own.map { attention(x, keys: $0.keys, values: $0.values, mask: mask) }
        ?? attention(x, mask: mask)
      var states = attentionNorm(x + dropout(mixed))
      if let encoderAttention, let encoderAttentionNorm, let answers {
        let told = encoderAttention(
          states, keys: answers.keys, values: answers.values, mask: answerMask)
        states = encoderAttentionNorm(states + dropout(told))
      }
      return finalLayerNorm(states + dropout(fc2(fc1(states).gelu())))
    }
  }
}
