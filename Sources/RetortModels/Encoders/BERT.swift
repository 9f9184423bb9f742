import RetortCore
import RetortNN

/// A bidirectional transformer encoder with a classifier on its first position.
///
/// Keys are those of Hugging Face's `BertForSequenceClassification`, or of the same class of another family.
///
/// Source: [Devlin et al. 2019](https://arxiv.org/abs/1810.04805), section 3; post-norm layers of
/// [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762).
public final class BERT: Module {
  /// The sizes of an encoder.
  public struct Sizes: Hashable, Sendable {
    /// Token ids are below this.
    public var vocabulary: Int
    /// Features of each position.
    public var width: Int
    /// Transformer layers.
    public var layers: Int
    /// Attention heads; divides the width.
    public var heads: Int
    /// Features inside each feed-forward part.
    public var feedForward: Int
    /// The longest sequence.
    public var maximumLength: Int
    /// The share of activations dropped in training.
    public var dropout: Double
    /// The token whose vector is not learnt, as Hugging Face's `pad_token_id`; nil for none.
    public var padding: Int?
    /// What parameters are called, and what differs from BERT.
    public var family: EncoderFamily

    /// BERT-tiny's sizes unless told otherwise.
    public init(
      vocabulary: Int = 30522, width: Int = 128, layers: Int = 2, heads: Int = 2,
      feedForward: Int = 512, maximumLength: Int = 512, dropout: Double = 0.1,
      padding: Int? = 0, family: EncoderFamily = .bert
    ) {
      (self.vocabulary, self.width, self.layers) = (vocabulary, width, layers)
      (self.heads, self.feedForward) = (heads, feedForward)
      (self.maximumLength, self.dropout, self.padding) = (maximumLength, dropout, padding)
      self.family = family
    }
  }

  /// Token ids to vectors.
  public let embeddings: BERTEmbeddings
  /// The transformer layers.
  public let layers: [BERTLayer]
  /// From the first position's features to a summary, with tanh or ReLU.
  public let pooler: Linear
  /// From the summary to logits.
  public let classifier: Linear
  private let dropout: Dropout
  private let family: EncoderFamily

  /// An encoder with a classifier.
  public init(_ sizes: Sizes, classes: Int) {
    embeddings = BERTEmbeddings(sizes)
    layers = (0..<sizes.layers).map { _ in BERTLayer(sizes) }
    pooler = Linear.encoder(sizes.width, sizes.width)
    classifier = Linear.encoder(sizes.width, classes)
    dropout = Dropout(sizes.dropout)
    family = sizes.family
  }

  public override var children: [(key: String, module: Module)] {
    let encoder = family.name
    let summary = family.encoderHasSummary ? "\(encoder).\(family.summary)" : family.summary
    return [("\(encoder).embeddings", embeddings)]
      + layers.enumerated().map { ("\(encoder).\(family.layers).\($0.offset)", $0.element) }
      + [(summary, pooler), ("dropout", dropout), (family.classifier, classifier)]
  }

  /// Logits `[batch, classes]` of int32 ids `[batch, length]`, every position attended to.
  public override func forward(_ ids: Tensor) -> Tensor { logits(ids, mask: nil) }

  /// Logits `[batch, classes]` of examples with `tokens` and `mask`.
  public override func forward(_ example: Example) -> Tensor {
    logits(example["tokens"] ?? example.x, mask: example["mask"])
  }

  /// Logits `[batch, classes]` of int32 ids `[batch, length]`.
  ///
  /// - Parameters:
  ///   - ids: int32 `[batch, length]`.
  ///   - mask: `[batch, length]`, 1 where a token stands and 0 where there is padding.
  public func callAsFunction(_ ids: Tensor, mask: Tensor) -> Tensor {
    scoped { logits(ids, mask: mask) }
  }

  private func logits(_ ids: Tensor, mask: Tensor?) -> Tensor {
    let penalty = mask.map(BERTLayer.penalty(of:))
    let states = layers.reduce(embeddings(ids)) { $1($0, mask: penalty) }
    let first = states.slice(axis: 1, 0..<1).reshape([states.shape[0], states.shape[2]])
    let summary = pooler(family.dropsState ? dropout(first) : first)
    return classifier(dropout(family.hasReLU ? summary.relu() : summary.tanh()))
  }
}

/// The sum of a token's, a position's and, where there are any, the first segment's vectors, normalised.
///
/// Padding is taken to stand behind all tokens, so that positions need not be counted in each text.
public final class BERTEmbeddings: Module {
  /// One vector per token.
  public let wordEmbeddings: Embedding
  /// One vector per position.
  public let positionEmbeddings: Embedding
  /// One vector per segment, of which the first is used; nil for a family without them.
  public let tokenTypeEmbeddings: Embedding?
  /// Follows the sum.
  public let layerNorm: LayerNorm
  private let dropout: Dropout
  /// The position of the first token.
  private let start: Int

  /// Tables of the given sizes.
  public init(_ sizes: BERT.Sizes) {
    let initialiser = Initialiser.truncatedNormal(deviation: 0.02)
    wordEmbeddings = Embedding(
      sizes.vocabulary, sizes.width, initialiser: initialiser, padding: sizes.padding)
    start = sizes.family.countsFromPadding ? (sizes.padding ?? -1) + 1 : 0
    positionEmbeddings = Embedding(
      start + sizes.maximumLength, sizes.width, initialiser: initialiser)
    let segments = sizes.family.segments
    tokenTypeEmbeddings =
      segments > 0 ? Embedding(segments, sizes.width, initialiser: initialiser) : nil
    layerNorm = LayerNorm(sizes.width, epsilon: sizes.family.epsilon)
    dropout = Dropout(sizes.dropout)
  }

  public override var renamed: [String: String] { ["layerNorm": "LayerNorm"] }

  public override func forward(_ ids: Tensor) -> Tensor {
    let table = positionEmbeddings.weight.tensor
    guard ids.shape.rank == 2, start + ids.shape[1] <= table.shape[0] else {
      return ids.graph.fail(
        .invalidArgument(
          operation: "position embedding",
          reason: "\(ids.shape) is no batch of at most \(table.shape[0] - start) tokens",
          path: ids.graph.scope))
    }
    var places = table.slice(axis: 0, start..<start + ids.shape[1])
    if let segments = tokenTypeEmbeddings?.weight.tensor {
      places = places + segments.slice(axis: 0, 0..<1)
    }
    return dropout(layerNorm(wordEmbeddings(ids) + places))
  }
}

extension Linear {
  /// A layer drawn as BERT's are.
  static func encoder(_ inputs: Int, _ outputs: Int) -> Linear {
    Linear(
      inputs, outputs, initialiser: .truncatedNormal(deviation: 0.02), biasInitialiser: .zeros)
  }
}

extension BERT {
  /// The entry of a family's classifier in the catalog.
  static func entry(_ family: EncoderFamily) -> ModelEntry {
    ModelEntry(
      name: family.name, summary: "\(family.title): transformer encoder with a classifier",
      source: family.source, role: .encoder, options: options(family),
      build: { options, examples, classes throws(ModelError) in
        BERT(try sizes(family.name, options, examples, family), classes: classes)
      })
  }

  /// The numbers that an encoder of a family takes.
  static func options(_ family: EncoderFamily) -> [ModelOption] {
    let padding = ModelOption(
      "padding", "the id that fills up texts; positions are counted from behind it", 1, 0...65536,
      isUntold: true)
    return [
      ModelOption("vocabulary", "token ids are below it; 0 for the data's", 0, 0...16_777_216),
      ModelOption("width", "features of each position", 128, 1...16384),
      ModelOption("layers", "transformer layers", 2, 1...256),
      ModelOption("heads", "attention heads; divides the width", 2, 1...256, isUntold: true),
      ModelOption("feed-forward", "features inside each layer", 512, 1...65536),
      ModelOption("length", "the longest sequence; 0 for the data's", 0, 0...65536),
      ModelOption("dropout", "share of activations dropped", 0.1, 0...0.9, isWhole: false),
    ] + (family.countsFromPadding ? [padding] : [])
  }

  /// The sizes that the options of `model` mean for the examples.
  ///
  /// - Throws: `ModelError` for examples that are no tokens, and for tables smaller than they need.
  static func sizes(
    _ model: String, _ options: ModelOptions, _ examples: ExampleSpec, _ family: EncoderFamily
  ) throws(ModelError) -> Sizes {
    guard case .tokens(let length, let vocabulary) = examples else {
      throw .unfit(
        model: model,
        reason: "it reads token ids; the examples are \(examples.description). Choose a "
          + "classifier.")
    }
    let (width, heads) = (options.int("width"), options.int("heads"))
    try ModelEntry.checkHeads(model, heads, width: width)
    func size(_ name: String, _ least: Int) throws(ModelError) -> Int {
      let given = options.int(name) == 0 ? least : options.int(name)
      guard given >= least else {
        throw .unfit(
          model: model,
          reason: "its '\(name)' is \(given), less than the data's, which is \(least)")
      }
      return given
    }
    return Sizes(
      vocabulary: try size("vocabulary", vocabulary), width: width, layers: options.int("layers"),
      heads: heads, feedForward: options.int("feed-forward"),
      maximumLength: try size("length", length), dropout: options["dropout"],
      padding: options.int("padding"), family: family)
  }
}
