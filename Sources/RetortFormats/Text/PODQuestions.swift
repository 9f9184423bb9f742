/// Questions and answers in Perl's plain old documentation, such as the nine parts of perlfaq.
///
/// Source: perlpod, perlpodspec.
package enum PODQuestions {
  /// The pairs of a heading `=head2` and the text up to the next heading, in the order of the file.
  ///
  /// Of formatting codes the text is kept, of links what they show, of the index nothing; questions without an answer
  /// are left out.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is larger than `limit` bytes or has no such pair, and with
  ///   the number of its line for a heading without text and a paragraph with a code that does not end.
  package static func read(_ path: String, limit: Int = 1 << 31) throws(FormatError) -> [TextPair] {
    var pairs: [TextPair] = []
    var (question, answer): (String?, [String]) = (nil, [])
    var (paragraph, first) = ([String](), 0)
    // Whether text is documentation, and not Perl's or another program's.
    var (isPOD, isForeign) = (false, false)

    func finishAnswer() {
      if let question, !answer.isEmpty {
        pairs.append(TextPair(question, answer.joined(separator: " ")))
      }
      (question, answer) = (nil, [])
    }
    func finishParagraph() throws(FormatError) {
      defer { paragraph = [] }
      guard let opening = paragraph.first else { return }
      if opening.hasPrefix("="), let letter = opening.dropFirst().first, letter.isLetter {
        let name = opening.dropFirst().prefix { !$0.isWhitespace }
        let rest = ([String(opening.dropFirst(name.count + 1))] + paragraph.dropFirst())
          .joined(separator: " ")
        (isPOD, isForeign) = (name != "cut", name == "begin" || isForeign && name != "end")
        guard !isForeign else { return }
        if name.hasPrefix("head") { finishAnswer() }
        switch name {
        case "head2":
          let text = try Self.text(rest, path, first)
          guard !text.isEmpty else {
            throw FormatError(path, in: "line \(first)", .corrupt("a heading without text"))
          }
          question = text
        case "item": try append(rest)
        default: break
        }
      } else if isPOD, !isForeign {
        let text = paragraph.joined(separator: " ")
        // Indented paragraphs are as they are, such as lines of programs.
        if opening.first?.isWhitespace == true { append(words: text) } else { try append(text) }
      }
    }
    func append(_ text: String) throws(FormatError) {
      append(words: try Self.text(text, path, first))
    }
    func append(words text: String) {
      let text = Self.words(text)
      if question != nil, !text.isEmpty { answer.append(text) }
    }

    try TextFile.lines(of: TextFile.read(path, limit: limit), path: path) {
      (number, line) throws(FormatError) in
      guard line.allSatisfy(\.isWhitespace) else {
        if paragraph.isEmpty { first = number }
        paragraph.append(line)
        return
      }
      try finishParagraph()
    }
    try finishParagraph()
    finishAnswer()
    guard !pairs.isEmpty else {
      throw FormatError(
        path,
        .unsupported(
          what: "documentation without questions",
          supported: "POD whose headings =head2 are questions, as in perlfaq1.pod"))
    }
    return pairs
  }

  /// A paragraph with the text of its codes in place of these.
  ///
  /// - Parameter line: The number of the paragraph's first line.
  /// - Throws: `FormatError` for a code that does not end.
  private static func text(
    _ paragraph: String, _ path: String, _ line: Int
  ) throws(FormatError) -> String {
    // The codes that are open, from the outermost, each with what ends it and its text so far.
    var open: [(code: Character, end: String, text: String)] = [(" ", "", "")]
    var rest = paragraph[...]
    while let next = rest.first {
      let mayOpen = next.isASCII && next.isUppercase
      let angles = mayOpen ? rest.dropFirst().prefix { $0 == "<" }.count : 0
      if angles > 0 {
        guard open.count <= nestingLimit else {
          throw FormatError(
            path, in: "line \(line)",
            .corrupt("codes within codes, more than \(nestingLimit) deep"))
        }
        // Of two and more, white space stands inside.
        let spaced = rest.dropFirst(1 + angles).first?.isWhitespace == true
        let count = spaced ? angles : 1
        let end = String(repeating: ">", count: count)
        open.append((next, count > 1 ? " " + end : end, ""))
        rest = rest.dropFirst(1 + count)
      } else if open.count > 1, rest.hasPrefix(open[open.count - 1].end) {
        let closed = open.removeLast()
        open[open.count - 1].text += shown(closed.code, closed.text)
        rest = rest.dropFirst(closed.end.count)
      } else {
        open[open.count - 1].text.append(next.isWhitespace ? " " : next)
        rest = rest.dropFirst()
      }
    }
    guard open.count == 1 else {
      throw FormatError(
        path, in: "line \(line)", .corrupt("a code \(open[open.count - 1].code)<…> without an end"))
    }
    return words(open[0].text)
  }

  /// What is shown of a code's text.
  private static func shown(_ code: Character, _ text: String) -> String {
    switch code {
    case "X", "Z": ""
    case "L": text.firstIndex(of: "|").map { String(text[..<$0]) } ?? text
    case "E": escapes[text] ?? character(text) ?? text
    default: text
    }
  }

  /// The character of a number, decimal, octal from 0 or hexadecimal from 0x; nil for no such number.
  private static func character(_ number: String) -> String? {
    let value =
      number.hasPrefix("0x")
      ? UInt32(number.dropFirst(2), radix: 16)
      : UInt32(number, radix: number.hasPrefix("0") ? 8 : 10)
    return value.flatMap { Unicode.Scalar($0) }.map { String(Character($0)) }
  }

  private static let nestingLimit = 32
  private static let escapes = [
    "lt": "<", "gt": ">", "verbar": "|", "sol": "/", "quot": "\"", "amp": "&",
  ]

  /// The words of a text with one space between them.
  private static func words(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
