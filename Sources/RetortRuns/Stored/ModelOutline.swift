import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes

/// What a stored model is: its cost, and the values that recipes may tap.
public struct ModelOutline: Sendable {
  /// A value of the forward pass that a loss may compare.
  public struct Tap: Equatable, Sendable {
    /// What a recipe calls it.
    public let path: String
    /// Its extents, outermost first; nil for the batch.
    public let extents: [Int?]

    /// `N×28×28×16`.
    public var shapeText: String {
      extents.map { $0.map(String.init) ?? "N" }.joined(separator: "×")
    }
  }

  /// The model's name in the catalog, or that of its file.
  public let model: String
  /// What it reads.
  public let examples: String
  /// Trainable weights.
  public let parameters: Int
  /// The multiply-accumulates of one forward pass over one example.
  public let multiplyAccumulates: Int
  /// In the order of the model's modules; none of a decoder of latent codes.
  public let taps: [Tap]

  /// The outline of the model whose weights are in `file`; nil if nothing beside them says what they are of.
  ///
  /// - Throws: `FormatError` for a `config.json` or an ONNX file that is damaged, `ModelError` for a model that
  ///   cannot be made, or an ONNX file that leaves the size of its examples open.
  public init?(of file: String) throws {
    var spec: ModelSpec
    let (reads, classes): (ExampleSpec?, Int)
    if ONNXImport.isPath(file) {
      let read = try ONNXImport(file)
      spec = ModelSpec(model: file, source: .file(file))
      spec.file = read
      reads = read.examples
      classes =
        try reads.flatMap { (examples) throws(ModelError) in
          try read.classes(for: examples)
        } ?? 0
    } else {
      guard let found = try StoredConfiguration(beside: file) else { return nil }
      spec = ModelSpec(
        model: found.model, options: found.sizedOptions, normalization: found.normalization)
      (reads, classes) = (found.examples, found.classes)
    }
    guard let reads else {
      throw ModelError.unfit(
        model: spec.usualName, reason: "nothing says what size its examples have")
    }
    let store = ParameterStore(
      try spec.make(for: reads, classes: classes), name: spec.usualName, isFrozen: true)
    let cost = try store.cost(of: reads)
    (model, examples) = (spec.usualName, reads.description)
    (parameters, multiplyAccumulates) = (cost.parameters, cost.multiplyAccumulates)
    guard store.codeShape == nil else {
      taps = []
      return
    }
    taps = try store.tapShapes(of: reads).map { path, shape in
      let batch = shape.dimensions.first == 2
      return Tap(
        path: path,
        extents: shape.dimensions.enumerated().map { $0.offset == 0 && batch ? nil : $0.element })
    }
  }
}
