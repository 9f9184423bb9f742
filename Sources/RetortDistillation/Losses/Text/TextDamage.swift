import RetortCore
import RetortNN
import RetortTraining

/// Hides tokens of texts and takes tokens away, at random: what a denoising model is shown.
///
/// The first and the last token of a text and its padding stay as they are. Which tokens are changed is a function of
/// seed, step and stream.
///
/// Source: Lewis et al. 2020, arXiv 1910.13461, section 2.2, "token masking" and "token deletion".
public struct TextDamage: Hashable, Sendable {
  /// The share of tokens in place of which the mask stands, in [0, 1].
  public var masked: Double
  /// The share of tokens that are missing, in [0, 1]; both shares together are at most 1.
  public var deleted: Double

  /// Damage of the given shares.
  public init(masked: Double, deleted: Double = 0) {
    (self.masked, self.deleted) = (masked, deleted)
  }

  /// The damaged texts, of as many positions as before; where tokens are missing there is more padding.
  ///
  /// - Parameters:
  ///   - texts: Their `tokens` and `mask`, int32 `[batch, length]`.
  ///   - maskToken: The id that stands for what is hidden.
  ///   - state: The state of random operations, int32 `[3]`.
  ///   - stream: The number of a stream of its own.
  public func applied(
    to texts: Example, maskToken: Int, state: Tensor, stream: UInt32
  ) -> Example {
    guard masked + deleted > 0, let tokens = texts["tokens"], let mask = texts["mask"] else {
      return texts
    }
    let (graph, shape) = (tokens.graph, tokens.shape)
    let length = shape[1]
    let shown = mask.toFloat()
    let draw = graph.random(.uniform, shape, state: state, stream: stream)
    // Tokens with one before them and one behind them.
    let next = shown.slice(axis: 1, min(1, length)..<length).pad(low: [0, 0], high: [0, 1])
    let inner = next * graph.constant((0..<length).map { $0 > 0 ? 1 : 0 } as [Float], [1, length])
    let isMasked = inner * graph.fill(masked).greater(draw)
    let seen = isMasked.select(graph.fill(Double(maskToken)), tokens.toFloat())
    guard deleted > 0 else {
      return Example([("tokens", seen.toInteger()), ("mask", mask)])
    }
    let isGone = inner * (graph.fill(masked + deleted).greater(draw) - isMasked)
    let kept = shown * (1 - isGone.greater(graph.fill(0)))
    // How many are kept up to each, and so where each goes.
    let upTo = graph.constant(
      (0..<length).flatMap { row in (0..<length).map { $0 <= row ? 1 : 0 } } as [Float],
      [1, length, length])
    let rank = (kept.reshape([shape[0], 1, length]) * upTo).sum(axes: [2])
    let places = graph.constant((1...max(1, length)).map(Float.init), [1, length, 1])
    let moves =
      rank.reshape([shape[0], 1, length]).equal(places) * kept.reshape([shape[0], 1, length])
    let moved = (moves * seen.reshape([shape[0], 1, length])).sum(axes: [2])
    return Example([
      ("tokens", moved.toInteger()), ("mask", moves.sum(axes: [2]).toInteger()),
    ])
  }
}
