import ArgumentParser
import Glibc
import RetortFormats
import RetortModels
import RetortRuns

/// `retort inspect`: the contents of a file or a run's folder.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the tensors of a safetensors or ONNX file, or the result of a run.",
    discussion: """
      Of an ONNX file it shows inputs and outputs, the operators with their number, and whether \
      Retort has them. \
      A run's result is read from 'result.json' in its folder; evaluation.json, explored.json and \
      config.json are read too. A key that Retort does not know is an error.
      """)

  @Argument(
    help: "A .safetensors or .onnx file, a run's folder, or a JSON file of one.",
    completion: .file(extensions: ["safetensors", "onnx", "json"]), transform: FilePath.expanded)
  var file: String
  @OptionGroup var format: JSONOption

  func run() throws {
    if isFolder(file) {
      try showResult(file + "/result.json")
    } else if file.hasSuffix(".json") {
      try showResult(file)
    } else if ONNXImport.isPath(file) {
      try show(ONNXModel.read(file))
    } else {
      try showTensors(Safetensors.read(file))
    }
  }

  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private func showTensors(_ content: Safetensors) throws {
    let tensors = try content.names.map { ($0, try content.tensor($0)) }
    let total = tensors.reduce(0) { $0 + $1.1.count }
    let size = tensors.reduce(0) { $0 + $1.1.bytes.count }
    let notes = content.metadata.sorted { $0.key < $1.key }
    guard !format.json else {
      StandardOutput.write(
        .record(
          ("file", .string(file)), ("elements", .integer(total)), ("bytes", .integer(size)),
          ("metadata", .object(notes.map { .init($0.key, .string($0.value)) })),
          (
            "tensors",
            .array(
              tensors.map { name, tensor in
                .record(
                  ("name", .string(name)), ("dtype", .string(tensor.elementType.rawValue)),
                  ("shape", .array(tensor.shape.map { .integer($0) })))
              })
          )))
      return
    }
    var table = TextTable(["tensor", "dtype", "shape", "elements"], numeric: [3])
    for (name, tensor) in tensors {
      table.add(
        name, tensor.elementType.rawValue, tensor.shape.map(String.init).joined(separator: "×"),
        "\(tensor.count)")
    }
    StandardOutput.write(table.text)
    for note in notes {
      StandardOutput.write("\(note.key.plain(keepingLines: false)): \(brief(note.value))")
    }
    StandardOutput.write("\(tensors.count) tensors, \(total) elements, \(bytes(size))")
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
  private func brief(_ text: String) -> String {
    let line = text.plain(keepingLines: false)
    return line.count > 200 ? line.prefix(200) + "…" : line
  }
}
