import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes

extension StoredModel {
  /// The kinds of files that a model is converted to.
  public enum FileFormat: String, CaseIterable, Sendable {
    /// One file of layers, weights, class names and normalisation, which many programs run.
    case onnx
    /// Weights under PyTorch's names, with a `config.json` beside them.
    case safetensors

    /// The format that a file's name asks for; ONNX for any other name than that of weights.
    public init(ofFile path: String) {
      self = path.lowercased().hasSuffix(".safetensors") ? .safetensors : .onnx
    }
  }

  /// Writes the model to `path`; weights with their `config.json` and, for text, `vocab.txt` in the same
  /// folder.
  ///
  /// A pipe or device receives the file alone.
  ///
  /// - Parameters:
  ///   - format: The kind of file.
  ///   - path: Where it is written, completely or not at all.
  ///   - report: Called with events about the weights' names.
  /// - Throws: `ExportError` for a model that ONNX cannot express, `ModelError` or `WeightError` for weights
  ///   that do not fit, `FormatError` if the file cannot be written or a folder describes another model.
  public func export(
    as format: FileFormat, to path: String, report: (RunEvent) -> Void = { _ in }
  ) throws {
    let (files, store) = try exportable(report)
    switch format {
    case .onnx: try files.onnx(store).write(to: path)
    case .safetensors:
      guard try !AtomicFile.isStream(path) else {
        try files.safetensors.write(to: path)
        return
      }
      let above = FilePath.folder(of: path)
      let folder = above.isEmpty ? "." : above
      let description = "\(folder)/\(StoredConfiguration.name)"
      if FileBytes.isReadable(description), try FileBytes.read(description) != files.description {
        throw FormatError(
          description,
          .unsupported(
            what: "describing two models in one folder", supported: "a folder for each model"))
      }
      try files.safetensors.write(to: path)
      try files.writeDescription(to: folder)
    }
  }

  /// The bytes of the model's file.
  ///
  /// - Throws: As `export` does.
  public func exported(
    as format: FileFormat, report: (RunEvent) -> Void = { _ in }
  ) throws -> [UInt8] {
    let (files, store) = try exportable(report)
    switch format {
    case .onnx: return try files.onnx(store).encoded()
    case .safetensors: return files.safetensors.encoded()
    }
  }

  /// The model with its weights under its own names, on the host.
  private func exportable(
    _ report: (RunEvent) -> Void
  ) throws -> (files: ModelFiles, store: ParameterStore) {
    guard let examples else {
      throw ModelError.unfit(
        model: spec.model, reason: "its config.json does not say what examples it reads")
    }
    let store = ParameterStore(
      try spec.make(for: examples, classes: classes), name: folder, isFrozen: true)
    let own = try spec.unwrapped(weights, of: folder, examples, classes: classes, report)
    let files = ModelFiles(
      spec: spec, weights: store.exported(try store.imported(own)), classNames: classNames,
      examples: examples, tokenizer: tokenizer, recipeSHA256: recipeSHA256)
    return (files, store)
  }
}
