/// Splits words into the tokens whose scores have the largest sum.
///
/// Source: [Kudo 2018](https://arxiv.org/abs/1804.10959), section 3.2, as SentencePiece and the Unigram model of
/// Hugging Face's `tokenizers`.
struct UnigramModel: Equatable, Sendable {
  /// The tokens by id.
  let tokens: TokenTable
  /// The logarithm of each token's probability, `[tokens]`.
  private let scores: [Double]
  /// The token of characters that have none.
  private let unknown: Int32
  /// Whether unknown characters become tokens of their bytes, `<0x0A>`.
  private let fallsBackToBytes: Bool
  /// The score of an unknown character.
  private let unknownScore: Double

  /// A model of tokens with a score each.
  init(_ tokens: TokenTable, scores: [Double], unknown: Int32, fallsBackToBytes: Bool) {
    (self.tokens, self.scores, self.unknown) = (tokens, scores, unknown)
    self.fallsBackToBytes = fallsBackToBytes
    unknownScore = (scores.min() ?? 0) - 10
  }

  /// The best way to the end of a part of the word.
  private struct Path {
    var score = 0.0
    var id: Int32 = -1
    /// Where its last token starts; -1 where there is no way.
    var start = -1
  }

  /// Appends the ids of one word.
  func append(_ word: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    guard !word.isEmpty else { return }
    var paths = [Path](repeating: Path(), count: word.count + 1)
    for start in 0..<word.count {
      let before = paths[start].score
      var hasSingle = false
      tokens.visitMatches(of: word.dropFirst(start)) { id, length in
        if length == 1 { hasSingle = true }
        let score = scores[Int(id)] + before
        if paths[start + length].start < 0 || score > paths[start + length].score {
          paths[start + length] = Path(score: score, id: id, start: start)
        }
      }
      guard !hasSingle else { continue }
      let score = unknownScore + before
      if paths[start + 1].start < 0 || score > paths[start + 1].score {
        paths[start + 1] = Path(score: score, id: unknown, start: start)
      }
    }
    var (spans, end) = ([(id: Int32, range: Range<Int>)](), word.count)
    while end > 0 {
      let path = paths[end]
      // Successive unknown characters are one token.
      if path.id == unknown, let last = spans.last, last.id == unknown {
        spans[spans.count - 1].range = path.start..<last.range.upperBound
      } else {
        spans.append((path.id, path.start..<end))
      }
      end = path.start
    }
    for span in spans.reversed() {
      guard span.id == unknown else {
        ids.append(span.id)
        continue
      }
      appendUnknown(word.dropFirst(span.range.lowerBound).prefix(span.range.count), to: &ids)
    }
  }

  private func appendUnknown(_ text: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    if let id = tokens.id(of: text) {
      ids.append(id)
    } else if fallsBackToBytes,
      let bytes = tokens.byteTokens(of: text.lazy.flatMap { $0.utf8 })
    {
      ids += bytes
    } else {
      ids.append(unknown)
    }
  }
}
