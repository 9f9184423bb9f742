import RetortCore
import RetortNN

/// Self-attention and a feed-forward part, each added to its input and normalised.
///
/// Source: [Devlin et al. 2019](https://arxiv.org/abs/1810.04805), section 3.
public final class BERTLayer: Module {
  /// Mixes positions.
  public let attention: MultiHeadAttention
  /// Follows the attention.
  public let attentionNorm: LayerNorm
  /// From the width to the feed-forward width, then GELU.
  public let intermediate: Linear
  /// Back to the width.
  public let output: Linear
  /// Follows the feed-forward part.
  public let outputNorm: LayerNorm
  private let dropout: Dropout
  private let keys: EncoderFamily.Layer

  /// A layer of the given sizes.
  public init(_ sizes: BERT.Sizes) {
    attention = MultiHeadAttention(
      width: sizes.width, heads: sizes.heads, dropout: sizes.dropout,
      initialiser: .truncatedNormal(deviation: 0.02), biasInitialiser: .zeros)
    attentionNorm = LayerNorm(sizes.width, epsilon: sizes.family.epsilon)
    intermediate = Linear.encoder(sizes.width, sizes.feedForward)
    output = Linear.encoder(sizes.feedForward, sizes.width)
    outputNorm = LayerNorm(sizes.width, epsilon: sizes.family.epsilon)
    dropout = Dropout(sizes.dropout)
    keys = sizes.family.layer
  }

  public override var children: [(key: String, module: Module)] {
    [
      (keys.query, attention.query), (keys.key, attention.key), (keys.value, attention.value),
      (keys.output, attention.output), (keys.attention, attention),
      (keys.attentionNorm, attentionNorm), (keys.widening, intermediate),
      (keys.narrowing, output), (keys.outputNorm, outputNorm), ("dropout", dropout),
    ]
  }

  public override func forward(_ x: Tensor) -> Tensor { transformed(x, mask: nil) }

  /// The states after this layer, `[batch, length, width]`.
  ///
  /// - Parameters:
  ///   - x: States, `[batch, length, width]`.
  ///   - mask: Added to the attention scores; see `MultiHeadAttention`.
  public func callAsFunction(_ x: Tensor, mask: Tensor?) -> Tensor {
    scoped { transformed(x, mask: mask) }
  }

  /// What is added to attention scores, `[batch, 1, 1, length]`, where `mask`, `[batch, length]`, has a 0.
  static func penalty(of mask: Tensor) -> Tensor {
    ((1 - mask.toFloat()) * -1e9).reshape([mask.shape[0], 1, 1, mask.shape[1]])
  }

  private func transformed(_ x: Tensor, mask: Tensor?) -> Tensor {
    let attended = attentionNorm(x + dropout(attention(x, mask: mask)))
    return outputNorm(attended + dropout(output(intermediate(attended).gelu())))
  }
}
