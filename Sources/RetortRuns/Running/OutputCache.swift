import RetortCore
import RetortData
import RetortFormats

/// A folder of frozen models' outputs over training examples, which several runs share.
///
/// Each file is safetensors with the tensors of an `OutputForm`, such as `outputs`, float32 `[examples, …]`. Its metadata
/// has the SHA-256 of their bytes and, under `source`, a JSON object of everything that the outputs depend on; the file's
/// name has the SHA-256 of that object. Files are written atomically, so that concurrent runs read whole files or write
/// equal ones. No file is ever removed.
struct OutputCache {
  /// Everything that outputs depend on, except for the program's version.
  struct Source {
    /// The kind of outputs: `logits`, `codes`, or `features of PATH`.
    var outputs: String
    /// How they are kept.
    var form: OutputForm
    /// The model's name and its options.
    var model: String, options: [String: Double]
    /// The SHA-256 of the model's weights and of the examples, in hexadecimal; with how they are changed, if they are.
    var weights: String, examples: String
    /// The device, and the number format of matrix products and convolutions.
    var device: String, compute: String

    /// The source as one line of JSON.
    var text: String {
      JSONValue.record(
        ("outputs", .string(outputs + (form.name.map { " as \($0)" } ?? ""))),
        ("model", .string(model)),
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

  /// The path of the folder, which is created with the first file.
  let folder: String

  /// The path of the file for `source`.
  func path(of source: Source) -> String {
    let hash = SHA256.hexadecimal(Array(source.text.utf8))
    let model = source.model.prefix { $0 != " " }
    let kind = source.outputs.prefix { $0 != " " }
    return "\(folder)/\(model)-\(kind)-\(hash).safetensors"
  }

  /// The outputs for `source`, flat; nil if there is no file.
  ///
  /// - Parameters:
  ///   - source: What they are of.
  ///   - examples: The expected number of examples.
  ///   - width: The numbers that each has.
  /// - Throws: `FormatError` if the file is damaged, unreadable or of something else.
  func outputs(
    of source: Source, examples: Int, width: Int
  ) throws(FormatError) -> [Float]? {
    let path = path(of: source)
    guard FileBytes.isReadable(path) else { return nil }
    let file = try Safetensors.read(path)
    guard file.metadata["source"] == source.text else {
      throw FormatError(
        path,
        .corrupt(
          "its source is not that of its name: it has the outputs of another model, of other examples or of "
            + "another device"))
    }
    let values = try source.form.values(in: file, examples: examples, width: width)
    guard Self.digest(file.tensors) == file.metadata["sha256"] else {
      throw FormatError(path, .corrupt("its outputs are not those of its SHA-256"))
    }
    return values
  }

  /// Writes a file of the outputs for `source`.
  ///
  /// - Parameters:
  ///   - tensors: Those of the source's form.
  ///   - source: What they are of.
  /// - Throws: `FormatError` if the disk refuses.
  func keep(_ tensors: [String: HostTensor], of source: Source) throws(FormatError) {
    let file = Safetensors(
      tensors: tensors,
      metadata: [
        "format": "retort outputs", "source": source.text, "sha256": Self.digest(tensors),
      ])
    try AtomicFile.makeDirectories(folder)
    try file.write(to: path(of: source))
  }

  private static func digest(_ tensors: [String: HostTensor]) -> String {
    var hash = SHA256()
    for (_, tensor) in tensors.sorted(by: { $0.key < $1.key }) { hash.update(Array(tensor.bytes)) }
    return hash.hexadecimal
  }
}

extension Dataset {
  /// The SHA-256 of the name, the fields, the class names and the bytes of all examples in order; labels are
  /// left out.
  ///
  /// - Throws: `DataError` for an example that cannot be read.
  func digest() throws -> String {
    var hash = SHA256()
    let head =
      [name] + fields.map { "\($0.name) \($0.shape) \($0.dtype)" } + ["\(count)"] + classNames
    hash.update(Array(JSONValue.array(head.map { .string($0) }).text.utf8))
    for field in fields.indices {
      for first in stride(from: 0, to: count, by: 64) {
        let indices = first..<min(first + 64, count)
        var bytes = [UInt8](repeating: 0, count: indices.count * fields[field].byteCount)
        try bytes.withUnsafeMutableBytes { bytes in
          try write(indices, field: field, into: bytes)
        }
        hash.update(bytes)
      }
    }
    return hash.hexadecimal
  }
}
