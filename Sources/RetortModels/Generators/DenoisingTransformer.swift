import RetortCore
import RetortNN

/// A transformer that gives back a text of which it is shown a damaged one: a bidirectional encoder, and a decoder
/// that makes each token of those before it and of all the encoder's states.
///
/// Keys are those of Hugging Face's `BartForConditionalGeneration`. Logits are products with the vectors of tokens,
/// of which there is one more than the data's: the last stands for what is not shown.
///
/// Source: [Lewis et al. 2020](https://arxiv.org/abs/1910.13461), section 2.
public final class DenoisingTransformer: Module, TextGenerator {
  /// One vector per token, then that of the mask, for both sides and the logits, `[vocabulary + 1, width]`.
  public let shared: Embedding
  /// From tokens to states.
  public let encoder: BARTStack
  /// From tokens and the encoder's states to states.
  public let decoder: BARTStack
  let vocabulary: Int

  /// A model of the given sizes; `decoderLayers` of its layers are the decoder's.
  public init(_ sizes: BERT.Sizes, decoderLayers: Int) {
    vocabulary = sizes.vocabulary
    shared = Embedding(
      vocabulary + 1, sizes.width, initialiser: .truncatedNormal(deviation: 0.02))
    encoder = BARTStack(sizes, layers: sizes.layers, attendsToEncoder: false)
    decoder = BARTStack(sizes, layers: decoderLayers, attendsToEncoder: true)
  }

  public override var children: [(key: String, module: Module)] {
    [("model.shared", shared), ("model.encoder", encoder), ("model.decoder", decoder)]
  }

  /// The id behind the data's last.
  public var maskToken: Int { vocabulary }

  public override func forward(_ ids: Tensor) -> Tensor {
    guard ids.shape.rank == 2 else {
      return ids.graph.fail(
        .invalidArgument(
          operation: "denoising", reason: "\(ids.shape) is no batch of tokens",
          path: ids.graph.scope))
    }
    let mask = ids.graph.constant(
      [Int32](repeating: 1, count: ids.shape.count), ids.shape)
    return forward(Example([("tokens", ids), ("mask", mask)]))
  }

  /// Logits `[batch, length - 1, vocabulary]` of each token behind the first, of the text as it is.
  public override func forward(_ example: Example) -> Tensor {
    guard let tokens = example["tokens"], let mask = example["mask"] else {
      return forward(example.x)
    }
    return logits(of: tokens, from: encode(example), mask: mask)
  }

  /// The encoder's states, `[batch, length, width]`.
  public func encode(_ texts: Example) -> Tensor {
    encoder(shared(texts["tokens"] ?? texts.x), mask: texts["mask"].map(BERTLayer.penalty(of:)))
  }

  /// Logits `[batch, length - 1, vocabulary]` of each token behind the first, each from the tokens before it.
  public func logits(of tokens: Tensor, from states: Tensor, mask: Tensor) -> Tensor {
    let shown = tokens.slice(axis: 1, 0..<max(1, tokens.shape[1]) - 1)
    let causal = MultiHeadAttention.causalMask(length: shown.shape[1], in: tokens.graph)
    let outcome = decoder(
      shared(shown), mask: causal, states: states, stateMask: BERTLayer.penalty(of: mask))
    return logits(outcome)
  }

  /// Logits of the data's tokens, `[…, vocabulary]`, of the decoder's states `[…, width]`.
  func logits(_ states: Tensor) -> Tensor {
    let vectors = shared.weight.tensor.slice(axis: 0, 0..<vocabulary)
    return states.matmul(vectors, transposeB: true)
  }
}

extension DenoisingTransformer {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "denoising-transformer", summary: "BART: encoder and decoder of texts",
    source: "Lewis et al. 2020", role: .denoiser,
    options: BERT.options(.bert) + [
      ModelOption("decoder-layers", "layers of the decoder; 0 for as many", 0, 0...256)
    ],
    build: { options, examples, _ throws(ModelError) in
      guard examples.areTexts else {
        throw .unfit(
          model: "denoising-transformer",
          reason:
            "it reads token ids; the examples are \(examples.description). Choose a generator of "
            + "pictures, such as conv-vae.")
      }
      let sizes = try BERT.sizes("denoising-transformer", options, examples, .bert)
      let layers = options.int("decoder-layers")
      return DenoisingTransformer(sizes, decoderLayers: layers == 0 ? sizes.layers : layers)
    })
}
