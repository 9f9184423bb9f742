/// Descriptions of Debian's packages, as apt keeps them in files such as `…_main_i18n_Translation-en`.
///
/// Source: Debian Policy, sections 5.1 and 5.6.13.
package enum PackageDescriptions {
  /// The pairs of a package's synopsis and its extended description, in the order of the file.
  ///
  /// Of packages whose extended descriptions begin with the same paragraph, which are those of one source as a
  /// rule, only the first is taken; packages without an extended description are left out.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is larger than `limit` bytes or has no such pair.
  package static func read(_ path: String, limit: Int = 1 << 31) throws(FormatError) -> [TextPair] {
    let bytes = try TextFile.read(path, limit: limit)
    var pairs: [TextPair] = []
    var openings: Set<String> = []
    var synopsis: String?
    var paragraphs: [[String]] = []
    func finish() {
      defer { (synopsis, paragraphs) = (nil, []) }
      let texts = paragraphs.map { $0.joined(separator: " ") }.filter { !$0.isEmpty }
      guard let query = synopsis, !query.isEmpty, let opening = texts.first,
        openings.insert(opening).inserted
      else { return }
      pairs.append(TextPair(query, texts.joined(separator: " ")))
    }
    try TextFile.lines(of: bytes, path: path) { _, line in
      guard line.first == " " || line.first == "\t" else {
        finish()
        synopsis = Self.synopsis(line)
        return
      }
      guard synopsis != nil else { return }
      let text = String(line.drop(while: \.isWhitespace))
      if text == "." || paragraphs.isEmpty { paragraphs.append([]) }
      if text != "." { paragraphs[paragraphs.count - 1].append(text) }
    }
    finish()
    guard !pairs.isEmpty else {
      throw FormatError(
        path,
        .unsupported(
          what: "a file without descriptions of packages",
          supported: "a file of apt's lists whose name ends in Translation-en"))
    }
    return pairs
  }

  /// The synopsis that a line begins, of whatever language; nil for another field.
  private static func synopsis(_ line: String) -> String? {
    guard line.hasPrefix("Description"), let colon = line.firstIndex(of: ":") else { return nil }
    let name = line[..<colon]
    guard name == "Description" || (name.hasPrefix("Description-") && name != "Description-md5")
    else { return nil }
    return String(line[line.index(after: colon)...].drop(while: \.isWhitespace))
  }
}
