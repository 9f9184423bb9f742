/// Detection of files of other kinds than expected, by their first bytes.
package enum ForeignFile {
  /// Rejects the content of the file at `path` if its kind is known and not one that Retort reads.
  ///
  /// - Throws: `FormatError` with the kind.
  package static func refuse(_ bytes: [UInt8], path: String) throws(FormatError) {
    if let fault = fault(of: bytes) { throw FormatError(path, fault) }
  }

  private static func fault(of bytes: [UInt8]) -> FormatError.Fault? {
    let head = Array(bytes.prefix(512))
    if let encoding = encoding(of: head) {
      return .unsupported(what: encoding, supported: "UTF-8; save the file in that encoding")
    }
    for (magic, kind, wayOut) in kinds where head.starts(with: magic) {
      return .foreign(kind, wayOut: wayOut)
    }
    let text = String(decoding: head, as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    guard text.hasPrefix("<!doctype html") || text.hasPrefix("<html") else { return nil }
    return .foreign(
      "a web page (HTML)",
      wayOut:
        "Download the file itself: the link leads to a page about it, or to one that asks for a "
        + "login.")
  }

  private static let pyTorch =
    "Weights are read from PyTorch's files where a model takes a file of weights, and nothing else is."

  /// The first bytes of each kind, its name, and a remedy.
  private static let kinds: [(magic: [UInt8], kind: String, wayOut: String)] = [
    (
      Array("version https://git-lfs".utf8), "a Git LFS pointer",
      "Fetch the file that it stands for: 'git lfs pull'."
    ),
    (Array("PK\u{3}\u{4}".utf8), "a ZIP archive, as PyTorch writes .pt files", pyTorch),
    ([0x80, 2], "a pickle, as older versions of PyTorch write .pt files", pyTorch),
    ([0x80, 4], "a pickle of Python", pyTorch),
    ([0x80, 5], "a pickle of Python", pyTorch),
    ([0x89] + Array("HDF\r\n".utf8), "an HDF5 file", "Convert it in Python to safetensors."),
    ([0x93] + Array("NUMPY".utf8), "a NumPy array", "Convert it in Python to safetensors."),
    (Array("GGUF".utf8), "a GGUF file", "Take the model's safetensors file."),
  ]

  /// The name of a UTF-16 or UTF-32 encoding by its byte-order mark; nil for others.
  private static func encoding(of head: [UInt8]) -> String? {
    let head = head.prefix(4)
    if head.elementsEqual([0, 0, 0xFE, 0xFF]) || head.elementsEqual([0xFF, 0xFE, 0, 0]) {
      return "UTF-32"
    }
    return head.starts(with: [0xFE, 0xFF]) || head.starts(with: [0xFF, 0xFE]) ? "UTF-16" : nil
  }
}
