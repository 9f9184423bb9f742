import RetortCore
import RetortFormats
import RetortNN

/// An ONNX file from which models are made, as it was when it was read.
public struct ONNXImport: Sendable, Equatable {
  /// The file.
  public let model: ONNXModel
  /// What it says of the model besides its layers.
  public let metadata: ONNXMetadata
  let program: ONNXProgram

  /// Reads the file at `path`, which holds operators that Retort has.
  ///
  /// - Throws: `FormatError` for a damaged file or an operator that is missing.
  public init(_ path: String) throws(FormatError) {
    model = try ONNXModel.read(path)
    metadata = try ONNXMetadata(model)
    program = try ONNXProgram(model)
  }

  /// Whether a model of a recipe is named by a file of this kind.
  public static func isPath(_ name: String) -> Bool { name.lowercased().hasSuffix(".onnx") }

  /// The operators that Retort has, in order.
  public static var operators: [String] { ONNXOperators.names }

  /// The weights under their names in the file.
  ///
  /// - Throws: `FormatError` for one that is no number.
  public func weights() throws(FormatError) -> [NamedWeights] { try program.values(in: model) }

  /// Whether both were read at one path.
  public static func == (left: ONNXImport, right: ONNXImport) -> Bool {
    left.model.path == right.model.path
  }

  /// The examples that the file was made for; nil if it leaves their size open.
  public var examples: ExampleSpec? { ONNXInputs(model.inputs).examples }

  /// Whether it reads texts: token ids, and a mask or more.
  public var readsTokens: Bool { ONNXInputs(model.inputs).areTokens }

  /// The number of token ids in a text that the file fixes; nil if it leaves it open, or reads no text.
  public var tokenCount: Int? { ONNXInputs(model.inputs).tokenCount }

  /// The number of classes that the model tells apart in `examples`; nil if it has no output of logits.
  ///
  /// - Throws: `ModelError` for examples that it does not take.
  public func classes(for examples: ExampleSpec) throws(ModelError) -> Int? {
    for (_, shape) in try shapes(for: examples) where shape.count == 2 && shape[0] == Self.batch {
      return shape[1]
    }
    return nil
  }

  /// A classifier without weights.
  ///
  /// Its result is the first output that is `[batch, classes]`, or what a softmax there is taken of. A
  /// normalisation of pictures that its metadata name comes before it.
  ///
  /// - Throws: `ModelError` for examples that it does not take, or another number of classes.
  public func make(for examples: ExampleSpec, classes: Int) throws(ModelError) -> Module {
    let shapes = try shapes(for: examples)
    guard let found = shapes.first(where: { $0.shape == [Self.batch, classes] }) else {
      let list = shapes.map { "'\($0.name)' \($0.shape)" }.joined(separator: ", ")
      throw .unfit(
        model: model.path,
        reason: "no output is [\(Self.batch), \(classes)] for \(Self.batch) examples of "
          + "\(classes) classes; there is \(list)")
    }
    return try normalized(ONNXModule(program, result: program.logits(of: found.name)), examples)
  }

  /// `module` behind the normalisation of pictures that the file's metadata name.
  private func normalized(
    _ module: Module, _ examples: ExampleSpec
  ) throws(ModelError) -> Module {
    guard case .image(let size) = examples, !metadata.takesPlainPictures else { return module }
    let (mean, deviation) = (metadata.mean ?? [0], metadata.deviation ?? [1])
    guard [mean.count, deviation.count].allSatisfy({ $0 == 1 || $0 == size.channels }),
      deviation.allSatisfy({ $0 > 0 })
    else {
      throw .unfit(
        model: model.path,
        reason: "its metadata normalise by mean \(mean) and deviation \(deviation), pictures have "
          + "\(size.channels) channels")
    }
    return NormalizedInput(module, mean: mean, deviation: deviation)
  }

  /// The examples in a batch by which shapes are found.
  static let batch = 2

  /// The outputs' extents for a batch of two examples.
  func shapes(
    for examples: ExampleSpec
  ) throws(ModelError) -> [(name: String, shape: [Int])] {
    let module = ONNXModule(program, result: "")
    _ = ParameterStore(module, name: "model", isFrozen: true)
    let graph = Graph()
    let inputs = examples.inputs(in: graph, batch: Self.batch)
    let values = module.using(ForwardContext(graph, .evaluation)) {
      Result { () throws(ONNXFault) in
        try module.values(of: ONNXInputs(program.inputs).values(of: inputs))
      }
    }
    do throws(ONNXFault) {
      let values = try values.get()
      if let error = graph.error { throw ONNXFault("\(error)") }
      return program.outputs.compactMap { name in values[name].map { (name, $0.shape) } }
    } catch {
      throw .unfit(model: model.path, reason: error.reason + hint)
    }
  }

  /// The usual cause of a misfit, where it may be that.
  private var hint: String {
    guard case .fixed(let batch)? = model.inputs.first?.extents?.first, batch != Self.batch else {
      return ""
    }
    return ". The file was exported for batches of \(batch); export it with a dynamic batch axis."
  }
}
