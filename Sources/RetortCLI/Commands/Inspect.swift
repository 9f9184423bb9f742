import ArgumentParser
import RetortFormats
import RetortModels
import RetortRuns

/// `retort inspect`: the contents of a file or a run's folder.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a model, a file of weights or a run holds.",
    discussion: """
      Of a model's folder or file of weights it shows the tensors and, where config.json says what \
      they are of, its parameters, the multiply-accumulates of a forward pass, and the values that \
      recipes may tap. Files of PyTorch are read as tensors alone: nothing in them is run. Of an \
      ONNX file it shows inputs and outputs, and the operators with their number and whether Retort \
      has them, too. \
      A run's result is read from 'result.json' in its folder; evaluation.json, explored.json, \
      bounds.json and config.json are read too. A key that Retort does not know is an error.
      """)

  @Argument(
    help: """
      The folder of a model or a run, a file of weights (.safetensors, .pth, .onnx), or a JSON \
      file of a run.
      """, completion: .file(extensions: ["safetensors", "onnx", "pth", "pt", "bin", "json"]),
    transform: FilePath.expanded)
  var file: String
  @OptionGroup var format: JSONOption

  func run() throws {
    if FolderEntries.leadsToFolder(file), FileBytes.isReadable(file + "/result.json") {
      try showResult(file + "/result.json")
    } else if file.hasSuffix(".json"), !SafetensorsIndex.isIndex(file) {
      try showResult(file)
    } else if ONNXImport.isPath(file) {
      try show(ONNXModel.read(file))
    } else {
      try showWeights(ModelLocation.weights(file))
    }
  }

  private func showResult(_ path: String) throws {
    let json = try JSONValue.read(path, limit: 1 << 26)
    try JSONShape.ofRunFile(named: FilePath.name(of: path)).check(json, path: path)
    guard !format.json else {
      StandardOutput.write(json)
      return
    }
    var table = TextTable(["fact", "value"])
    for (key, value) in flattened(json, "") { table.add(key, value) }
    StandardOutput.write(table.text)
  }

  /// The leaves of a value with their paths.
  private func flattened(_ value: JSONValue, _ path: String) -> [(String, String)] {
    if let members = value.members {
      return members.flatMap {
        flattened($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)")
      }
    }
    if let elements = value.array {
      return elements.enumerated().flatMap { flattened($0.element, "\(path)[\($0.offset)]") }
    }
    return [(path, brief(value.string ?? value.text))]
  }

  /// A file's text on one line of at most 200 characters.
  func brief(_ text: String) -> String {
    let line = text.plain(keepingLines: false)
    return line.count > 200 ? line.prefix(200) + "…" : line
  }
}
