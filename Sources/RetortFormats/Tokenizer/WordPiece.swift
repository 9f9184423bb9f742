/// Encodes texts as ids of subword tokens, as BERT does.
///
/// Each word is split greedily into the longest token that is its prefix, then the longest that is a prefix
/// of the rest, and so on; a word with a part that matches no token, or of more than 100 characters, becomes
/// `[UNK]`. A special token such as `[SEP]` spelled out in a text is encoded as that token.
///
/// Source: [Devlin et al. 2019](https://arxiv.org/abs/1810.04805), after [Wu et al.
/// 2016](https://arxiv.org/abs/1609.08144); the same ids as Hugging Face's `BertTokenizer`.
public struct WordPiece: Equatable, Sendable {
  /// The vocabulary.
  public let vocabulary: Vocabulary
  /// Whether to ignore case and accents, `do_lower_case` in published configurations.
  public let lowercase: Bool

  /// A tokenizer with the given vocabulary.
  public init(_ vocabulary: Vocabulary, lowercase: Bool) {
    (self.vocabulary, self.lowercase) = (vocabulary, lowercase)
  }

  /// The ids of `text` between those of `[CLS]` and `[SEP]`, without padding.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - length: The largest number of ids, ≥ 2; longer texts are truncated.
  public func encode(_ text: String, length: Int) -> [Int32] {
    precondition(length >= 2, "a sequence has room for its first and its last token")
    var ids = [vocabulary.classification]
    append(Array(text.unicodeScalars), to: &ids, limit: length - 1)
    return ids + [vocabulary.separator]
  }

  /// Appends the ids of `text` until there are `limit`.
  private func append(_ text: [Unicode.Scalar], to ids: inout [Int32], limit: Int) {
    var rest = text[...]
    while ids.count < limit {
      let special = firstSpecial(in: rest)
      let plain = rest[..<(special?.range.lowerBound ?? rest.endIndex)]
      for word in BERTWords(plain, lowercase: lowercase) {
        if ids.count >= limit { break }
        ids += pieces(of: word)
      }
      guard let special else { break }
      ids.append(special.id)
      rest = rest[special.range.upperBound...]
    }
    ids.removeLast(max(0, ids.count - limit))
  }

  /// The ids of one word.
  private func pieces(of word: ArraySlice<Unicode.Scalar>) -> [Int32] {
    guard word.count <= 100 else { return [vocabulary.unknown] }
    var ids: [Int32] = []
    var rest = word
    while !rest.isEmpty {
      guard let token = vocabulary.longestToken(of: rest, continues: !ids.isEmpty) else {
        return [vocabulary.unknown]
      }
      ids.append(token.id)
      rest = rest.dropFirst(token.length)
    }
    return ids
  }

  /// The range and id of the first special token spelled out in `text`; nil if there is none.
  private func firstSpecial(
    in text: ArraySlice<Unicode.Scalar>
  ) -> (range: Range<Int>, id: Int32)? {
    for start in text.indices where text[start] == "[" {
      for (name, id) in vocabulary.special where text[start...].starts(with: name) {
        return (start..<start + name.count, id)
      }
    }
    return nil
  }
}
