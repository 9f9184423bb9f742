/// Encodes texts as ids of subword tokens, with the ids of Hugging Face's `tokenizers`.
///
/// A text is normalised, split into words, and each word into tokens; a special token such as `[SEP]` spelt out in
/// a text is encoded as that token.
///
/// > Note: Like `tokenizers`, it lowercases letters one by one, so that a final Σ becomes σ, and its normal forms
/// are those of Unicode 9.0, its marks of punctuation those of 8.0.
public struct Tokenizer: Equatable, Sendable, CustomStringConvertible {
  /// The parts of a tokenizer.
  struct Parts: Equatable, Sendable {
    /// What is done to a text, in order.
    var normalizers: [TextNormalizer] = []
    /// How it is split, in order.
    var preTokenizers: [PreTokenizer] = []
    /// What makes tokens of words.
    var model: SubwordModel
    /// Tokens that are found in the text as it is.
    var special = AddedTokens([])
    /// Tokens that are found in the normalised text.
    var normalized = AddedTokens([])
    /// The ids in front of every text.
    var before: [Int32] = []
    /// The ids behind every text.
    var after: [Int32] = []
    /// The id that fills up shorter sequences.
    var padding: Int32 = 0
    /// Ids are below it.
    var count: Int
  }

  let parts: Parts
  /// The bytes of the `tokenizer.json` that it was read from; nil for one of a list of tokens.
  package let file: [UInt8]?

  /// Whether both give the same ids.
  public static func == (a: Tokenizer, b: Tokenizer) -> Bool { a.parts == b.parts }

  /// A tokenizer of the given parts.
  init(_ parts: Parts, file: [UInt8]?) { (self.parts, self.file) = (parts, file) }

  /// BERT's tokenizer with the given vocabulary, the same as Hugging Face's `BertTokenizer`.
  ///
  /// - Parameters:
  ///   - vocabulary: The tokens.
  ///   - lowercase: Whether to ignore case and accents, `do_lower_case` in published configurations.
  public init(_ vocabulary: Vocabulary, lowercase: Bool) {
    let folding: [TextNormalizer] = [
      .normalForm(composed: false, compatible: false), .dropMarks, .lowercase,
    ]
    parts = Parts(
      normalizers: [.cleanText, .spaceChinese] + (lowercase ? folding : []),
      preTokenizers: [.bert], model: .wordPiece(WordPiece(vocabulary: vocabulary)),
      special: AddedTokens(vocabulary.special), before: [vocabulary.classification],
      after: [vocabulary.separator], padding: Vocabulary.padding, count: vocabulary.count)
    file = nil
  }

  /// The number of tokens, for messages.
  public var description: String { "a tokenizer of \(count) tokens" }

  /// The number of tokens; ids are below it.
  public var count: Int { parts.count }

  /// The id that fills up shorter sequences.
  public var padding: Int32 { parts.padding }

  /// Whether a token stands before every text and one behind it.
  package var framesTexts: Bool { !parts.before.isEmpty && !parts.after.isEmpty }

  /// Whether capitals make no difference.
  package var ignoresCase: Bool { parts.normalizers.contains(.lowercase) }

  /// The tokens and whether case is ignored, if that is all there is to say of it: it is BERT's.
  package var list: (vocabulary: Vocabulary, lowercase: Bool)? {
    guard case .wordPiece(let model) = parts.model else { return nil }
    guard self == Tokenizer(model.vocabulary, lowercase: ignoresCase) else { return nil }
    return (model.vocabulary, ignoresCase)
  }

  /// The ids of `text` between those that stand around every text, without padding.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - length: The largest number of ids, ≥ 2; longer texts are truncated.
  public func encode(_ text: String, length: Int) -> [Int32] {
    let limit = length - parts.after.count
    precondition(
      limit >= parts.before.count, "a sequence has room for its first and its last token")
    var ids = parts.before
    append(Array(text.unicodeScalars), to: &ids, limit: limit)
    return ids + parts.after
  }

  /// Appends the ids of `text` until there are `limit`.
  private func append(_ text: [Unicode.Scalar], to ids: inout [Int32], limit: Int) {
    var isFirst = true
    for part in parts.special.parts(of: text[...]) {
      if ids.count >= limit { break }
      switch part {
      case .token(let id): ids.append(id)
      case .text(let plain):
        let normal = parts.normalizers.reduce(Array(plain)) { $1.applied(to: $0) }
        for part in parts.normalized.parts(of: normal[...]) {
          switch part {
          case .token(let id): ids.append(id)
          case .text(let words):
            appendWords(PreTokenizer.Part(text: words, isFirst: isFirst), to: &ids, limit: limit)
          }
          isFirst = false
        }
      }
      isFirst = false
    }
    ids.removeLast(max(0, ids.count - limit))
  }

  private func appendWords(_ part: PreTokenizer.Part, to ids: inout [Int32], limit: Int) {
    guard !part.text.isEmpty else { return }
    for word in parts.preTokenizers.reduce([part], { $1.words(of: $0) }) {
      if ids.count >= limit { return }
      parts.model.append(word.text, to: &ids)
    }
  }
}
