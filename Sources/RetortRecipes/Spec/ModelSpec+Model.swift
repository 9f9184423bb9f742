import RetortFormats
import RetortModels
import RetortNN

extension ModelSpec {
  /// The model without weights.
  ///
  /// - Throws: `ModelError` where it does not fit the examples.
  package func make(for examples: ExampleSpec, classes: Int) throws(ModelError) -> Module {
    try make(builder(), for: examples, classes: classes)
  }

  /// The model that `source` builds for its own classes or else `classes`, behind its normalisation; nil leaves
  /// that of an ONNX file.
  ///
  /// - Throws: `ModelError` where model or normalisation do not fit the examples.
  func make(
    _ source: ModelSource, for examples: ExampleSpec, classes: Int
  ) throws(ModelError) -> Module {
    let module = try source.make(options, for: examples, classes: self.classes ?? classes)
    guard let normalization else { return module }
    guard case .image(let size) = examples else {
      throw .unfit(
        model: usualName,
        reason: "'normalization' is of pictures; the examples are \(examples.description)")
    }
    let (mean, deviation) = (normalization.mean, normalization.deviation)
    for count in [mean.count, deviation.count] where count != 1 && count != size.channels {
      throw .unfit(
        model: usualName,
        reason: "'normalization' has numbers for \(count) channels, pictures have "
          + "\(size.channels); give one of each per channel, or one for all")
    }
    if let decoder = module as? ONNXDecoder {
      (decoder.mean, decoder.deviation) = (mean.map(Float.init), deviation.map(Float.init))
      return decoder
    }
    // What a recipe says takes the place of what a file says.
    return NormalizedInput(
      (module as? NormalizedInput)?.model ?? module, mean: mean.map(Float.init),
      deviation: deviation.map(Float.init))
  }

  /// What builds the model.
  ///
  /// - Throws: `ModelError` for a name that is none, or a file that has not been read and cannot be.
  package func builder() throws(ModelError) -> ModelSource {
    if let generatorFiles { return .generator(generatorFiles) }
    return if let file { .onnx(file) } else { try ModelSource(model) }
  }

  /// Reads the ONNX files that a generator is.
  ///
  /// - Throws: `ModelError` for a file that cannot be read.
  mutating func readGenerator(_ path: String, encoder: String?) throws(ModelError) -> ModelSource {
    do throws(FormatError) {
      let files = try ONNXGeneratorFiles(path, encoder: encoder)
      (self.encoder, generatorFiles) = (encoder, files)
      return .generator(files)
    } catch {
      throw .unreadable(error)
    }
  }

  /// Whether the model is an ONNX file rather than one of the catalog.
  package var isImported: Bool { ONNXImport.isPath(model) }

  /// What the model is called where no name is given: its name in the catalog, or that of its file.
  package var usualName: String {
    guard isImported else { return model }
    let name = FilePath.name(of: model).dropLast(".onnx".count).prefix(50)
    return String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }
}
