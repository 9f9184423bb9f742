import RetortFormats
import RetortModels
import RetortNN

extension ModelSpec {
  /// The model without weights.
  ///
  /// - Throws: `ModelError` where it does not fit the examples.
  package func make(for examples: ExampleSpec, classes: Int) throws(ModelError) -> Module {
    try ModelSource(model).make(options, for: examples, classes: classes)
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
