/// A family of bidirectional encoders: what its parameters are called in Hugging Face's `transformers`, and where it
/// computes something else than BERT.
///
/// To add one, write a value of it and name it in `all`.
public struct EncoderFamily: Hashable, Sendable {
  /// What recipes call the classifier, and what is put in front of its parameters.
  public let name: String
  /// What it is, in a few words.
  let title: String
  /// Where it was published.
  let source: String
  /// The vectors of segments, of which the first is used; 0 for none.
  public var segments = 2
  /// Whether positions are counted from behind the padding id, so that the table has as many rows more.
  public var countsFromPadding = false
  /// Added to variances in layer norms.
  public var epsilon = 1e-12
  /// The key of the list of layers.
  var layers = "encoder.layer"
  /// The keys within a layer.
  var layer = Layer()
  /// The key of the linear layer that makes a summary of the first position's state.
  var summary = "pooler.dense"
  /// The key of the linear layer that makes logits of the summary.
  var classifier = "classifier"
  /// Whether `summary` stands among the encoder's keys rather than beside them.
  public var encoderHasSummary = true
  /// Whether ReLU follows the summary rather than tanh.
  var hasReLU = false
  /// Whether the first position's state is dropped out before the summary too.
  var dropsState = false

  /// The keys within a layer.
  struct Layer: Hashable, Sendable {
    var query = "attention.self.query"
    var key = "attention.self.key"
    var value = "attention.self.value"
    var attention = "attention.self"
    var output = "attention.output.dense"
    var attentionNorm = "attention.output.LayerNorm"
    var widening = "intermediate.dense"
    var narrowing = "output.dense"
    var outputNorm = "output.LayerNorm"
  }

  /// BERT, and MiniLM, which is a smaller one.
  public static let bert = EncoderFamily(
    name: "bert", title: "BERT", source: "Devlin, Chang, Lee, Toutanova 2019")

  /// DistilBERT: no segments, and a summary with ReLU.
  public static let distilbert = EncoderFamily(
    name: "distilbert", title: "DistilBERT", source: "Sanh, Debut, Chaumond, Wolf 2019",
    segments: 0, layers: "transformer.layer",
    layer: Layer(
      query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
      attention: "attention", output: "attention.out_lin", attentionNorm: "sa_layer_norm",
      widening: "ffn.lin1", narrowing: "ffn.lin2", outputNorm: "output_layer_norm"),
    summary: "pre_classifier", encoderHasSummary: false, hasReLU: true)

  /// RoBERTa and XLM-R: one segment, positions behind the padding id.
  public static let roberta = EncoderFamily(
    name: "roberta", title: "RoBERTa and XLM-R", source: "Liu et al. 2019; Conneau et al. 2020",
    segments: 1, countsFromPadding: true, epsilon: 1e-5, summary: "classifier.dense",
    classifier: "classifier.out_proj", encoderHasSummary: false, dropsState: true)

  /// All of them.
  public static let all = [bert, distilbert, roberta]
}
