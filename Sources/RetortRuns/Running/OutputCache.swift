import RetortCore
import RetortData
import RetortFormats

/// What frozen models make of training examples, in a folder that outlives the run: a file for each model,
/// choice of examples and device.
///
/// A file is safetensors: `outputs`, float32 `[examples, …]` with its SHA-256, and under `source` a JSON
/// object of all that outputs depend on, whose SHA-256 is in the file's name. A file whose source is
/// another is another model's and never read. Files are written whole or not at all, so that processes at
/// work at the same time find each other's or write the same. Nothing is ever removed.
struct OutputCache {
  /// What outputs depend on besides the program.
  struct Source {
    /// Which outputs: `logits` or `codes`.
    var outputs: String
    /// The model's name and its options.
    var model: String, options: [String: Double]
    /// The SHA-256 of the model's weights and of the examples, in hexadecimal.
    var weights: String, examples: String
    /// The device, and what products multiply in.
    var device: String, compute: String

    /// The source as one line; equal sources give equal lines.
    var text: String {
      JSONValue.record(
        ("outputs", .string(outputs)), ("model", .string(model)),
        (
          "options",
          .object(options.sorted { $0.key < $1.key }.map { .init($0.key, .real($0.value)) })
        ),
        ("weights", .string(weights)), ("examples", .string(examples)),
        ("device", .string(device)), ("compute", .string(compute)),
        ("version", .string(retortVersion)), ("revision", .string(SourceRevision.current ?? ""))
      ).text
    }
  }

  /// The folder, which is made with the first file.
  let folder: String

  /// Where the outputs of `source` lie.
  func path(of source: Source) -> String {
    let hash = SHA256.hexadecimal(Array(source.text.utf8))
    return "\(folder)/\(source.model)-\(source.outputs)-\(hash).safetensors"
  }

  /// The outputs of `source`, flat; nil where nobody has kept them.
  ///
  /// - Parameter count: How many numbers they are.
  /// - Throws: `FormatError` for a file that is damaged, or cannot be read.
  func outputs(of source: Source, count: Int) throws(FormatError) -> [Float]? {
    let path = path(of: source)
    guard FileBytes.isReadable(path) else { return nil }
    let file = try Safetensors.read(path)
    guard file.metadata["source"] == source.text else {
      throw FormatError(path, .corrupt("its source is not that of its name"))
    }
    let tensor = try file.tensor(Self.tensorName)
    guard tensor.count == count, tensor.elementType == .float32 else {
      throw FormatError(path, .lengthMismatch(expected: count, found: tensor.count))
    }
    guard SHA256.hexadecimal(Array(tensor.bytes)) == file.metadata["sha256"] else {
      throw FormatError(path, .corrupt("its outputs are not those of its SHA-256"))
    }
    return try file.floats(Self.tensorName)
  }

  /// Keeps the outputs of `source`, `[examples, …]` flat.
  ///
  /// - Throws: `FormatError` if the disk refuses.
  func keep(_ values: [Float], examples: Int, of source: Source) throws(FormatError) {
    let tensor = HostTensor(shape: [examples, values.count / max(1, examples)], floats: values)
    let file = Safetensors(
      tensors: [Self.tensorName: tensor],
      metadata: [
        "format": "retort outputs", "source": source.text,
        "sha256": SHA256.hexadecimal(Array(tensor.bytes)),
      ])
    try AtomicFile.makeDirectories(folder)
    try file.write(to: path(of: source))
  }

  private static let tensorName = "outputs"
}

extension Dataset {
  /// The SHA-256 of all that models and their outputs see of the examples: fields, classes and every byte in
  /// order.
  var digest: String {
    var hash = SHA256()
    let head =
      [name] + fields.map { "\($0.name) \($0.shape) \($0.dtype)" } + ["\(count)"] + classNames
    hash.update(Array(JSONValue.array(head.map { .string($0) }).text.utf8))
    for field in fields.indices {
      var bytes = [UInt8](repeating: 0, count: fields[field].byteCount)
      for index in 0..<count {
        bytes.withUnsafeMutableBytes { write(index, field: field, into: $0) }
        hash.update(bytes)
      }
    }
    return hash.hexadecimal
  }
}
