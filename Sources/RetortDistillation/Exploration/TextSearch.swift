import RetortCore
import RetortNN
import RetortTraining

/// Where teacher guided training's search for texts starts, and how its states become texts.
///
/// A search of order zero ends where it starts: at the states of a generator of texts, with noise. One of order one
/// climbs from there; see `Explorer.explore(_:by:in:)`. All of it is in evaluation mode. Of pairs, queries alone may be
/// made anew, as in the paper's retrieval, or documents: then the other text of a pair stays, and no model encodes it
/// again.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825, sections 4.3 and 4.4.
public struct TextSearch {
  /// The search's constants, of a kind that makes texts.
  public let exploration: Exploration
  /// Encodes texts and decodes states.
  public let generator: any TextGenerator
  /// How many texts an example has: 2 of pairs.
  public let parts: Int

  /// A search with the given generator.
  public init(_ exploration: Exploration, generator: any TextGenerator, parts: Int = 1) {
    (self.exploration, self.generator, self.parts) = (exploration, generator, parts)
  }

  /// The place in a pair of the text that is made anew; nil where all are.
  private var place: Int? { parts == 2 ? exploration.texts.place : nil }

  /// The texts of a batch that a search starts from; of pairs of which one text stays, the other ones alone.
  func parents(of texts: Example) -> Example {
    let count = parts * exploration.generatedCount(batch: texts.count / parts)
    return Example(
      texts.fields.map { name, value in
        let rows = value.rows(count)
        return (name, place.map(rows.halfOfPairs) ?? rows)
      })
  }

  /// The states of texts as a search sees them, `[count, length, width]`, constants, and what is shown of these texts.
  ///
  /// Called within a forward pass of the generator.
  ///
  /// - Parameters:
  ///   - parents: The texts' `tokens` and `mask`, int32 `[count, length]` each.
  ///   - inputs: The step of which the search is a part.
  func start(_ parents: Example, in inputs: StepInputs) -> (states: Tensor, shown: Example) {
    let shown = TextDamage(masked: exploration.masked).applied(
      to: parents, maskToken: generator.maskToken, state: inputs.randomState,
      stream: inputs.streams.next())
    var states = generator.encode(shown)
    if exploration.kind != .reconstruction, exploration.noise > 0, let mask = shown["mask"] {
      let noise = inputs.graph.random(
        .normal, states.shape, state: inputs.randomState, stream: inputs.streams.next())
      states = states + noise * (Self.deviation(of: states, mask) * exploration.noise)
    }
    return (states.stopGradient(), shown)
  }

  /// The texts that the generator makes of states; no gradient.
  ///
  /// Called within a forward pass of the generator.
  ///
  /// - Parameters:
  ///   - states: `[count, length, width]`.
  ///   - shown: The texts that they are of.
  ///   - streams: The streams of the numbers by which tokens are drawn, one a position, which grow where there are too
  ///     few: the points of one search draw by the same numbers.
  ///   - inputs: The step.
  func decode(
    _ states: Tensor, of shown: Example, drawing streams: inout [UInt32], in inputs: StepInputs
  ) -> Example {
    var position = 0
    return generator.decode(states.stopGradient(), of: shown) { logits in
      guard exploration.sampling > 0 else { return logits.argmax() }
      if position == streams.count { streams.append(inputs.streams.next()) }
      defer { position += 1 }
      return Self.drawn(
        logits, temperature: exploration.sampling, state: inputs.randomState,
        stream: streams[position])
    }
  }

  /// How likely each token of the vocabulary was at each place of a text behind the first, `[count, length - 1,
  /// vocabulary]`: a function of the states, with the tokens before each held; 0 where the decoder did not choose.
  ///
  /// Called within a forward pass of the generator.
  ///
  /// - Parameters:
  ///   - texts: What the states were decoded to.
  ///   - states: `[count, length, width]`.
  ///   - shown: The texts that the states are of.
  func shares(of texts: Example, from states: Tensor, _ shown: Example) -> Tensor {
    guard let tokens = texts["tokens"], let said = texts["mask"], let mask = shown["mask"] else {
      preconditionFailure("texts have tokens and a mask")
    }
    let (graph, places) = (tokens.graph, tokens.shape[1] - 1)
    // The last place ends a text that has not ended.
    let isFree = graph.constant(
      (0..<places).map { $0 < places - 1 ? 1 : 0 } as [Float], [1, places])
    let isChosen = said.slice(axis: 1, 1..<places + 1).toFloat() * isFree
    let logits = generator.logits(of: tokens, from: states, mask: mask)
    let temperature = exploration.sampling > 0 ? exploration.sampling : 1
    return (logits / temperature).softmax() * isChosen.expandingLast()
  }

  /// The Euclidean norm of each text's states `[count, length, width]`, `[count]`; padding does not count.
  static func norm(of states: Tensor, _ mask: Tensor) -> Tensor {
    (states.square() * mask.toFloat().expandingLast()).sum(axes: [1, 2]).sqrt()
  }

  /// What a model gives for pairs of which the search has made one text anew, `[2 · pairs, width]`; for other texts
  /// what it gives.
  ///
  /// - Parameters:
  ///   - new: The vectors of the new texts, `[pairs, width]`.
  ///   - known: The vectors of the batch's texts, two rows a pair.
  func paired(_ new: Tensor, with known: Tensor) -> Tensor {
    guard let place else { return new }
    let other = known.rows(2 * new.shape[0]).halfOfPairs(1 - place)
    return place == 0 ? .pairs(new, other) : .pairs(other, new)
  }

  /// The standard deviation of each coordinate of states `[batch, length, width]` over the batch's tokens, `[width]`.
  static func deviation(of states: Tensor, _ mask: Tensor) -> Tensor {
    let shown = mask.toFloat().reshape([states.shape[0], states.shape[1], 1])
    let share = shown / shown.sum().maximum(states.graph.fill(1))
    let mean = (states * share).sum(axes: [0, 1])
    return ((states - mean).square() * share).sum(axes: [0, 1]).sqrt()
  }

  /// Ids, int32 `[batch]`, drawn by probabilities softmax(logits / T): the largest of logits / T with Gumbel noise.
  ///
  /// - Parameters:
  ///   - logits: `[batch, vocabulary]`.
  ///   - temperature: T > 0.
  ///   - state: The state of random operations, int32 `[3]`.
  ///   - stream: A stream of its own.
  public static func drawn(
    _ logits: Tensor, temperature: Double, state: Tensor, stream: UInt32
  ) -> Tensor {
    let uniform = logits.graph.random(.uniform, logits.shape, state: state, stream: stream)
    return (logits / temperature + uniform.gumbel()).argmax()
  }
}
