import RetortCore
import RetortNN
import RetortTraining

/// Teacher guided training's search of order zero for texts: noise on the states of a generator of texts, which are
/// decoded to tokens.
///
/// No gradient flows through it. All of it is in evaluation mode. Of pairs, queries alone may be made anew, as in the
/// paper's retrieval, or documents: then the other text of a pair stays, and no model encodes it again.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825, sections 4.3 and 4.4.
public struct TextSearch {
  /// The search's constants, of kind `zero` or `reconstruction`.
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

  /// New texts, `tokens` and `mask` of int32 `[count, length]` each, near those of a batch; of pairs of which one text
  /// stays, the new ones alone.
  ///
  /// - Parameters:
  ///   - texts: The batch's `tokens` and `mask`.
  ///   - inputs: The step of which the search is a part.
  public func explore(_ texts: Example, in inputs: StepInputs) -> Example {
    let count = parts * exploration.generatedCount(batch: texts.count / parts)
    let parents = Example(
      texts.fields.map { name, value in
        let rows = value.rows(count)
        return (name, place.map(rows.halfOfPairs) ?? rows)
      })
    let shown = TextDamage(masked: exploration.masked).applied(
      to: parents, maskToken: generator.maskToken, state: inputs.randomState,
      stream: inputs.streams.next())
    return generator.using(inputs.context(.evaluation)) {
      var states = generator.encode(shown)
      if exploration.kind == .zero, exploration.noise > 0, let mask = shown["mask"] {
        let noise = inputs.graph.random(
          .normal, states.shape, state: inputs.randomState, stream: inputs.streams.next())
        states = states + noise * (Self.deviation(of: states, mask) * exploration.noise)
      }
      return generator.decode(states.stopGradient(), of: shown) { logits in
        guard exploration.sampling > 0 else { return logits.argmax() }
        return Self.drawn(
          logits, temperature: exploration.sampling, state: inputs.randomState,
          stream: inputs.streams.next())
      }
    }
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
