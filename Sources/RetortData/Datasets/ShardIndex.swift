import RetortFormats

/// Where the pictures of an archive are, and their labels.
enum ShardIndex {
  /// Passes the picture and the label of each example in the archive at `path` to `body`.
  ///
  /// - Parameters:
  ///   - path: The archive.
  ///   - labelField: The field of a label in JSON.
  ///   - body: What takes them.
  /// - Returns: What is wrong with examples that were left out.
  /// - Throws: `FormatError` for an archive that cannot be read or is damaged.
  static func read(
    _ path: String, labelField: String, _ body: (ImageSource, String) -> Void
  ) throws(FormatError) -> [FormatError] {
    var (example, faults) = (Example(), [FormatError]())
    func finish() {
      guard !example.key.isEmpty else { return }
      let name = "\(path): \(example.key)"
      switch (example.picture, example.label) {
      case (let picture?, .success(let label)?): body(picture, label)
      case (_, .failure(let fault)?): faults.append(fault)
      case (nil, _):
        faults.append(
          FormatError(
            name,
            .unsupported(
              what: "an example without a picture", supported: "examples with .jpg or .png")))
      case (_, nil):
        faults.append(
          FormatError(
            name,
            .unsupported(
              what: "an example without a label", supported: "examples with .cls or .json")))
      }
    }
    try TarFile.forEach(path) { (member, bytes) throws(FormatError) in
      let (key, kind) = split(member.name)
      guard !key.isEmpty, !kind.isEmpty else { return }
      if key != example.key {
        finish()
        example = Example(key: key)
      }
      if PictureFile.isName(".\(kind)") {
        example.picture = example.picture ?? ImageSource(path, member)
      } else if kind == "cls" || kind == "json" && example.label == nil {
        let content = try bytes(member.offset, min(member.size, 1 << 20))
        let name = "\(path): \(member.name)"
        example.label = Result { () throws(FormatError) in
          try kind == "cls" ? text(content, name) : field(labelField, of: content, name)
        }
      }
    }
    finish()
    return faults
  }

  private struct Example {
    var key = ""
    var picture: ImageSource?
    var label: Result<String, FormatError>?
  }

  /// The name of an example, with its folders, and what stands behind the first point, in lower case.
  private static func split(_ name: String) -> (key: String, kind: String) {
    let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    guard let point = name[start...].firstIndex(of: "."), point > start else { return ("", "") }
    return (String(name[..<point]), name[name.index(after: point)...].lowercased())
  }

  private static func text(_ bytes: [UInt8], _ path: String) throws(FormatError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(path, .notUTF8)
    }
    let label = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
    guard !label.isEmpty else { throw FormatError(path, .emptyLabel) }
    return String(label)
  }

  private static func field(
    _ name: String, of bytes: [UInt8], _ path: String
  ) throws(FormatError) -> String {
    let value = try JSONValue.parse(bytes[...], path: path)
    guard let found = value[name] else { throw FormatError(path, .missingKey(name)) }
    if let label = found.string ?? found.int.map({ "\($0)" }), !label.isEmpty { return label }
    throw FormatError(
      path, in: name, .wrongType(expected: "a string or a whole number", found: found.kind))
  }
}
