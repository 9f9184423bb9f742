extension TextPair {
  /// The files that `path` leads to: itself, or the nine parts of perlfaq in a folder.
  package static func files(of path: String) -> [String] {
    FolderEntries.leadsToFolder(path) ? (1...9).map { "\(path)/perlfaq\($0).pod" } : [path]
  }

  /// Reads what `path` leads to: files of Perl's documentation, whose names end in `.pod`, or a file of lines with tabs.
  ///
  /// - Throws: `FormatError`, as the reader of each does, and for a folder without a part of perlfaq.
  package static func readAny(_ path: String) throws(FormatError) -> [TextPair] {
    var pairs: [TextPair] = []
    for file in files(of: path) {
      guard file == path || FileBytes.isReadable(file) else {
        throw FormatError(
          file,
          .unsupported(
            what: "a folder without this file",
            supported: "one with perlfaq1.pod to perlfaq9.pod, as Debian's package perl-doc has it")
        )
      }
      pairs += try file.hasSuffix(".pod") ? PODQuestions.read(file) : read(file)
    }
    return pairs
  }
}
