import RetortModels

/// A model of a stage and the origin of its weights.
public struct ModelSpec: Equatable, Sendable {
  /// Where weights come from.
  public enum Source: Equatable, Sendable {
    /// Drawn at random.
    case untrained
    /// A safetensors file, or the ONNX file that the model is.
    case file(String)
    /// What an earlier stage trained; which of its models, where it trained several.
    case stage(String, learner: String? = nil)
  }

  /// A name of the model catalog, or the path of an ONNX file; empty where the model is that of the stage in `source`.
  public var model: String
  /// The model's own options, such as `width`.
  public var options: [String: Double]
  /// The normalisation of pictures that it was trained with; nil for samples from 0 to 1 as they are.
  public var normalization: NormalizationSpec?
  /// Where its weights come from.
  public var source: Source
  /// Which layers of the weights in its file it begins with, in order, from 0; empty for all.
  public var keptLayers: [Int] = []
  /// How many classes a teacher tells apart whose features alone are compared; nil for those of the data.
  public var classes: Int?
  /// The test accuracy in [0, 1] below which a teacher is refused.
  public var expectedAccuracy: Double?

  /// How its parameters follow gradients; nil for what the stage says.
  public var optimizer: OptimizerSpec?

  /// The ONNX file that encodes for a generator from another; nil for other models.
  public var encoder: String?

  /// The ONNX file that the model is, as it was read; nil for a model of the catalog.
  package var file: ONNXImport?
  /// The ONNX files that a generator is, as they were read; nil for a model of the catalog.
  package var generatorFiles: ONNXGeneratorFiles?

  /// Becomes the same model as `other`, apart from weights and how they are trained.
  package mutating func take(modelOf other: ModelSpec) {
    (model, file, options) = (other.model, other.file, other.options)
    (encoder, generatorFiles) = (other.encoder, other.generatorFiles)
    normalization = other.normalization
  }

  /// Whether it has weights to begin with.
  package var hasWeights: Bool { source != .untrained }

  /// A model with the given weights.
  public init(
    model: String, options: [String: Double] = [:], normalization: NormalizationSpec? = nil,
    source: Source = .untrained, expectedAccuracy: Double? = nil
  ) {
    (self.model, self.options, self.normalization) = (model, options, normalization)
    (self.source, self.expectedAccuracy) = (source, expectedAccuracy)
  }
}
