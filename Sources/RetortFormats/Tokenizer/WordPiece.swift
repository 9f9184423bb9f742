/// Splits each word greedily into the longest token that is its prefix, then the longest that is a prefix of the
/// rest, and so on; a word with a part that matches no token, or that is too long, becomes `[UNK]`.
///
/// Source: [Devlin et al. 2019](https://arxiv.org/abs/1810.04805), after [Wu et al.
/// 2016](https://arxiv.org/abs/1609.08144).
struct WordPiece: Equatable, Sendable {
  /// The vocabulary.
  let vocabulary: Vocabulary
  /// The most characters of a word that is split.
  var longest = 100

  /// Appends the ids of one word.
  func append(_ word: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    let start = ids.count
    var rest = word
    while !rest.isEmpty {
      guard word.count <= longest,
        let token = vocabulary.longestToken(of: rest, continues: rest.count < word.count)
      else {
        ids.removeSubrange(start...)
        ids.append(vocabulary.unknown)
        return
      }
      ids.append(token.id)
      rest = rest.dropFirst(token.length)
    }
  }
}

/// The part of a tokenizer that makes tokens of words.
enum SubwordModel: Equatable, Sendable {
  case wordPiece(WordPiece)
  case bytePair(BytePairModel)
  case unigram(UnigramModel)

  /// Appends the ids of one word.
  func append(_ word: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    switch self {
    case .wordPiece(let model): model.append(word, to: &ids)
    case .bytePair(let model): model.append(word, to: &ids)
    case .unigram(let model): model.append(word, to: &ids)
    }
  }

  /// Ids are below it.
  var count: Int {
    switch self {
    case .wordPiece(let model): model.vocabulary.count
    case .bytePair(let model): model.tokens.count
    case .unigram(let model): model.tokens.count
    }
  }
}
