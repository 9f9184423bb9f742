import RetortCore
import RetortFormats
import RetortNN

/// The ONNX files that a generator is: a decoder with its encoder, one file with both, or a decoder alone.
///
/// One file with both reads pictures and gives their codes and what is decoded of these.
public struct ONNXGeneratorFiles: Sendable, Equatable {
  /// The file of the decoder, or of the whole.
  public let model: ONNXImport
  /// The file of the encoder; nil where it is in `model`, or there is none.
  public let encoder: ONNXImport?

  /// Reads the files at the given paths.
  ///
  /// - Throws: `FormatError` for a damaged file or an operator that is missing.
  public init(_ model: String, encoder: String?) throws(FormatError) {
    self.model = try ONNXImport(model)
    self.encoder = try encoder.map { (path) throws(FormatError) in try ONNXImport(path) }
  }

  /// What the files can do.
  public var role: ModelEntry.Role { encoder != nil || isWhole ? .generator : .decoder }

  /// Whether the one file reads pictures and gives codes beside what is decoded.
  private var isWhole: Bool {
    encoder == nil && model.program.outputs.count > 1
      && model.model.inputs.count == 1 && model.model.inputs[0].extents?.count == 4
  }

  /// The generator without weights, for pictures.
  ///
  /// Codes are the encoder's first output; of one file with both, the first that is no picture.
  ///
  /// - Throws: `ModelError` for examples or codes that a file does not take.
  func make(for examples: ExampleSpec) throws(ModelError) -> Module {
    guard case .image(let size) = examples else {
      throw .unfit(
        model: model.model.path,
        reason: "it makes pictures; the examples are \(examples.description)")
    }
    let decoder = try decoder(size)
    guard decoder.mean.count == 1 || decoder.mean.count == size.channels else {
      throw .unfit(
        model: model.model.path,
        reason: "its metadata normalise \(decoder.mean.count) channels, pictures have "
          + "\(size.channels)")
    }
    try check(decoder, examples)
    return decoder
  }

  private func decoder(_ size: ImageSize) throws(ModelError) -> ONNXDecoder {
    let found: ONNXDecoder =
      if let encoder {
        try pair(encoder, size)
      } else if isWhole {
        try whole(size)
      } else {
        try alone(size)
      }
    let metadata = (encoder ?? model).metadata
    if !metadata.takesPlainPictures {
      (found.mean, found.deviation) = (metadata.mean ?? [0], metadata.deviation ?? [1])
    }
    return found
  }

  /// The decoder behind the encoder of another file.
  private func pair(
    _ encoder: ONNXImport, _ size: ImageSize
  ) throws(ModelError) -> ONNXGenerator {
    let codes = try encoder.shapes(for: .image(size)).first
    guard let codes, codes.shape.count > 1, codes.shape[0] == ONNXImport.batch else {
      throw .unfit(model: encoder.model.path, reason: "its first output is no code of pictures")
    }
    let shape = Shape(Array(codes.shape.dropFirst()))
    return ONNXGenerator(
      ONNXModule(encoder.program.computing([codes.name]), result: codes.name), try ownDecoder(),
      code: try input(of: shape).name, shape, size)
  }

  /// Encoder and decoder of one file, which meet at the code.
  private func whole(_ size: ImageSize) throws(ModelError) -> ONNXGenerator {
    let outputs = try model.shapes(for: .image(size))
    guard let picture = outputs.first(where: { ONNXValue.isPicture($0.shape, size) }),
      let code = outputs.first(where: {
        !ONNXValue.isPicture($0.shape, size) && $0.shape.count > 1
          && $0.shape[0] == ONNXImport.batch
      })
    else {
      let list = outputs.map { "'\($0.name)' \($0.shape)" }.joined(separator: ", ")
      throw .unfit(
        model: model.model.path,
        reason: "its outputs must be a code and what is decoded of it, for \(ONNXImport.batch) "
          + "pictures; there is \(list)")
    }
    let decoder = model.program.computing([picture.name], from: [code.name])
    guard decoder.inputs.isEmpty else {
      throw .unfit(
        model: model.model.path,
        reason: "its picture '\(picture.name)' is not made of '\(code.name)' alone; export it in "
          + "evaluation mode, where the code is the mean, or encoder and decoder as two files: "
          + "{model: decoder.onnx, encoder: encoder.onnx}")
    }
    return ONNXGenerator(
      ONNXModule(model.program.computing([code.name]), result: code.name),
      ONNXModule(decoder, result: picture.name), code: code.name,
      Shape(Array(code.shape.dropFirst())), size)
  }

  /// The decoder without an encoder, of codes of the size that its file names.
  private func alone(_ size: ImageSize) throws(ModelError) -> ONNXDecoder {
    let extents = model.model.inputs.first?.extents?.dropFirst().map { extent in
      if case .fixed(let count) = extent { count } else { 0 }
    }
    guard let extents, !extents.isEmpty, !extents.contains(0), let shape = Shape(checking: extents)
    else {
      throw .unfit(
        model: model.model.path,
        reason:
          "its input must be a code of fixed size, [batch, …]; for a decoder of codes that an "
          + "encoder gives, name that too: {model: decoder.onnx, encoder: encoder.onnx}")
    }
    return ONNXDecoder(try ownDecoder(), code: try input(of: shape).name, shape, size)
  }

  /// The decoder's input, which takes codes of `shape`.
  private func input(of shape: Shape) throws(ModelError) -> ONNXValueInfo {
    let inputs = model.model.inputs
    guard let input = inputs.first, inputs.count == 1 else {
      throw .unfit(
        model: model.model.path,
        reason:
          "it has inputs \(inputs.map(\.name).joined(separator: ", ")), but a decoder reads codes "
          + "alone")
    }
    let extents = input.extents?.dropFirst().map { extent in
      if case .fixed(let count) = extent { count } else { 0 }
    }
    guard let extents else { return input }
    let fits =
      extents.count == shape.rank
      && zip(extents, shape.dimensions).allSatisfy { $0 == 0 || $0 == $1 }
    guard fits else {
      throw .unfit(
        model: model.model.path,
        reason: "input '\(input.name)' takes \(input.shapeText); the encoder's codes are "
          + "\([ONNXImport.batch] + shape.dimensions) for \(ONNXImport.batch) pictures")
    }
    return input
  }

  /// The module of the decoder's own file.
  private func ownDecoder() throws(ModelError) -> ONNXModule {
    guard let name = model.program.outputs.first else {
      throw .unfit(model: model.model.path, reason: "it has no output")
    }
    return ONNXModule(model.program.computing([name]), result: name)
  }

  /// Builds the generator once, so that what does not fit is found.
  private func check(_ decoder: ONNXDecoder, _ examples: ExampleSpec) throws(ModelError) {
    _ = ParameterStore(decoder, name: "generator", isFrozen: true)
    let graph = Graph()
    decoder.using(ForwardContext(graph, .evaluation)) {
      if let generator = decoder as? ONNXGenerator {
        _ = generator(examples.inputs(in: graph, batch: ONNXImport.batch))
      } else {
        let extents = [ONNXImport.batch] + decoder.latentShape.dimensions
        _ = decoder.decode(graph.input("codes", Shape(extents)))
      }
    }
    if let error = graph.error {
      throw .unfit(model: model.model.path, reason: "\(error)")
    }
  }

  /// The weights under their names in the files, behind `encoder` or `decoder`.
  ///
  /// - Throws: `FormatError` for one that is no number, `ModelError` for examples that do not fit.
  public func weights(for examples: ExampleSpec) throws -> [NamedWeights] {
    let module = try make(for: examples)
    return try module.children.flatMap { key, part in
      let names = Set(part.ownParameters.map(\.key))
      let file = key == "encoder" ? encoder ?? model : model
      return try file.weights().filter { names.contains($0.name) }.map {
        NamedWeights(name: "\(key).\($0.name)", shape: $0.shape, values: $0.values)
      }
    }
  }
}
