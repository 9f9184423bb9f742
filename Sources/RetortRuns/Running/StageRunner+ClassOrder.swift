import RetortDistillation
import RetortFormats
import RetortModels
import RetortRecipes

extension StageRunner {
  /// The stage's examples, whose classes are numbered as trained classifiers do.
  ///
  /// - Throws: `RunError.otherOrder` for two that have the same classes in orders of their own.
  func dataInClassOrder() throws -> StageData {
    var data = data
    guard data.outputs == .logits, data.test.isLabelled else { return data }
    var first: String?
    for part in stage.models where part.role == .teacher || part.role == .student {
      guard part.spec.classes == nil,
        let names = try knownClassNames(of: part.spec, as: part.role), names.count == classes
      else { continue }
      let title =
        Set([part.role.rawValue, part.name]).count == 1
        ? part.name : "\(part.role.rawValue) '\(part.name)'"
      if let first, ClassOrder(of: names, beside: data.test.classNames) == .other {
        throw RunError.otherOrder(stage: stage.name, models: [first, title])
      }
      data.takeOrder(of: names, of: title)
      first = first ?? title
    }
    return data
  }

  /// The classes that a teacher tells apart: what an earlier stage, an ONNX file or `config.json` says.
  ///
  /// - Throws: `RunError.unknownClasses` where nothing says it, `FormatError`, `ModelError`.
  func classNames(of spec: ModelSpec) throws -> [String] {
    guard let names = try knownClassNames(of: spec, as: .teacher) else {
      throw RunError.unknownClasses(stage: stage.name, model: spec.usualName)
    }
    return names
  }

  /// The classes that a trained model tells apart, or their numbers; nil where nothing says it.
  private func knownClassNames(of spec: ModelSpec, as role: Cast.Role) throws -> [String]? {
    if let earlier = parent.trained(spec.source, as: role) { return earlier.classNames }
    if case .file(let path) = spec.source {
      let file = try ModelLocation.weights(path, for: role)
      if !ONNXImport.isPath(file) { return try StoredConfiguration(beside: file)?.classNames }
    }
    guard spec.isImported, case .onnx(let file) = try spec.builder(),
      let count = try file.classes(for: data.examples)
    else { return nil }
    return try file.metadata.classNames ?? ONNXTextFiles(beside: file)?.classNames
      ?? (0..<count).map { "\($0)" }
  }
}
