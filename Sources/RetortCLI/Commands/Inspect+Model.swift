import RetortFormats
import RetortRuns

extension Inspect {
  /// Shows the tensors in a file of weights and, where a `config.json` beside it says what they are of, what the
  /// model costs and what recipes may tap.
  func showWeights(_ path: String) throws {
    var (tensors, metadata) = ([(name: String, tensor: HostTensor)](), [String: String]())
    try ModelLocation.forEachPart(of: path) { part in
      tensors += part.tensors.map { ($0.key, $0.value) }
      metadata.merge(part.metadata) { first, _ in first }
    }
    tensors.sort { $0.name < $1.name }
    let outline = try ModelOutline(of: path)
    let total = tensors.reduce(0) { $0 + $1.tensor.count }
    let size = tensors.reduce(0) { $0 + $1.tensor.bytes.count }
    let notes = metadata.sorted { $0.key < $1.key }
    guard !format.json else {
      StandardOutput.write(
        .object(
          [
            .init("file", .string(path)), .init("elements", .integer(total)),
            .init("bytes", .integer(size)),
            .init("metadata", .object(notes.map { .init($0.key, .string($0.value)) })),
            .init("tensors", .array(tensors.map(json))),
          ] + outlineMembers(outline)))
      return
    }
    var table = TextTable(Self.columns, numeric: [4])
    for (name, tensor) in tensors { addTensor(name, tensor, to: &table) }
    addTaps(of: outline, to: &table)
    StandardOutput.write(table.text)
    for note in notes { StandardOutput.write("\(plain(note.key)): \(brief(note.value))") }
    StandardOutput.write("\(tensors.count) tensors, \(total) elements, \(bytes(size))")
    if let outline { StandardOutput.write(summary(outline)) }
  }

  /// The columns of the table of tensors and taps.
  static let columns = ["kind", "name", "dtype", "shape", "elements"]

  /// A row for a tensor.
  func addTensor(_ name: String, _ tensor: HostTensor, to table: inout TextTable) {
    let shape = tensor.shape.map(String.init).joined(separator: "×")
    table.add("tensor", plain(name), tensor.elementType.rawValue, shape, "\(tensor.count)")
  }

  /// A row for each value that recipes may tap.
  func addTaps(of outline: ModelOutline?, to table: inout TextTable) {
    for tap in outline?.taps ?? [] { table.add("tap", plain(tap.path), "-", tap.shapeText, "-") }
  }

  /// What the model costs, in one line.
  func summary(_ outline: ModelOutline) -> String {
    "\(plain(outline.model)) reads \(outline.examples): \(outline.parameters) parameters, "
      + "\(outline.multiplyAccumulates) multiply-accumulates for each, \(outline.taps.count) taps"
  }

  /// What `--json` says of the model; nothing where no one knows it.
  func outlineMembers(_ outline: ModelOutline?) -> [JSONValue.Member] {
    guard let outline else { return [] }
    return [
      .init("model", .string(outline.model)), .init("examples", .string(outline.examples)),
      .init("parameters", .integer(outline.parameters)),
      .init("macs", .integer(outline.multiplyAccumulates)),
      .init(
        "taps",
        .array(
          outline.taps.map {
            .record(("name", .string($0.path)), ("shape", .string($0.shapeText)))
          })),
    ]
  }

  /// A tensor's name, type and shape.
  func json(_ name: String, _ tensor: HostTensor) -> JSONValue {
    .record(
      ("name", .string(name)), ("dtype", .string(tensor.elementType.rawValue)),
      ("shape", .array(tensor.shape.map { .integer($0) })))
  }

  /// A file's text on one line.
  func plain(_ text: String) -> String { text.plain(keepingLines: false) }
}
