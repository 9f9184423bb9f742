import RetortCore
import RetortNN

/// A bidirectional transformer encoder whose result is one vector for each text.
///
/// Keys are those of Hugging Face's `BertModel`, whose pooler it lacks, or of the same class of another family.
///
/// Source: [Reimers and Gurevych 2019](https://arxiv.org/abs/1908.10084), section 3; `sentence-transformers`'
/// modules `Transformer`, `Pooling` and `Normalize`.
public final class SentenceBERT: Module {
  /// What becomes of the states of a text's tokens.
  public enum Pooling: Sendable {
    /// The mean over tokens; padding does not count.
    case mean
    /// The state of the first token, `[CLS]`.
    case first
  }

  /// Token ids to vectors.
  public let embeddings: BERTEmbeddings
  /// The transformer layers.
  public let layers: [BERTLayer]
  /// What becomes of the states of a text's tokens.
  public let pooling: Pooling
  /// Whether vectors are brought to length 1.
  public let normalizes: Bool
  private let family: EncoderFamily

  /// An encoder of the given sizes.
  public init(_ sizes: BERT.Sizes, pooling: Pooling = .mean, normalizes: Bool = true) {
    embeddings = BERTEmbeddings(sizes)
    layers = (0..<sizes.layers).map { _ in BERTLayer(sizes) }
    (self.pooling, self.normalizes) = (pooling, normalizes)
    family = sizes.family
  }

  public override var children: [(key: String, module: Module)] {
    [("embeddings", embeddings)]
      + layers.enumerated().map { ("\(family.layers).\($0.offset)", $0.element) }
  }

  /// Vectors `[batch, width]` of int32 ids `[batch, length]`, none of which is padding.
  public override func forward(_ ids: Tensor) -> Tensor { vectors(ids, mask: nil) }

  /// Vectors `[batch, width]` of examples with `tokens` and `mask`.
  public override func forward(_ example: Example) -> Tensor {
    vectors(example["tokens"] ?? example.x, mask: example["mask"])
  }

  private func vectors(_ ids: Tensor, mask: Tensor?) -> Tensor {
    let penalty = mask.map(BERTLayer.penalty(of:))
    let states = layers.reduce(embeddings(ids)) { $1($0, mask: penalty) }
    let pooled = pooled(states, mask: mask?.toFloat())
    return normalizes ? pooled.unitRows() : pooled
  }

  private func pooled(_ states: Tensor, mask: Tensor?) -> Tensor {
    switch (pooling, mask) {
    case (.first, _):
      return states.slice(axis: 1, 0..<1).reshape([states.shape[0], states.shape[2]])
    case (.mean, nil): return states.mean(axes: [1])
    case (.mean, let mask?):
      let weights = mask.reshape([mask.shape[0], mask.shape[1], 1])
      let count = mask.sum(axes: [1], keepingAxes: true).maximum(mask.graph.fill(1e-9))
      return (states * weights).sum(axes: [1]) / count
    }
  }
}

extension SentenceBERT {
  /// The entry of a family's encoder of sentences in the catalog.
  static func entry(_ family: EncoderFamily) -> ModelEntry {
    let name = "sentence-\(family.name)"
    return ModelEntry(
      name: name, summary: "\(family.title): encoder with one vector for each text",
      source: "Reimers, Gurevych 2019", role: .embedder,
      options: BERT.options(family) + [
        ModelOption(
          "first", "1 for the first token's state, 0 for the mean over tokens", 0, 0...1,
          isUntold: true),
        ModelOption("normalize", "1 for vectors of length 1, 0 for any", 1, 0...1, isUntold: true),
      ],
      build: { options, examples, _ throws(ModelError) in
        SentenceBERT(
          try BERT.sizes(name, options, examples, family),
          pooling: options.int("first") == 1 ? .first : .mean,
          normalizes: options.int("normalize") == 1)
      })
  }
}
