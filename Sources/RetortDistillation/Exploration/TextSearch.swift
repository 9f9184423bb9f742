import RetortCore
import RetortNN
import RetortTraining

/// Teacher guided training's search of order zero for texts: noise on the states of a generator of texts, which are
/// decoded to tokens.
///
/// No gradient flows through it. All of it is in evaluation mode.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825, section 4.3.
public struct TextSearch {
  /// The search's constants, of kind `zero` or `reconstruction`.
  public let exploration: Exploration
  /// Encodes texts and decodes states.
  public let generator: any TextGenerator

  /// A search with the given generator.
  public init(_ exploration: Exploration, generator: any TextGenerator) {
    (self.exploration, self.generator) = (exploration, generator)
  }

  /// New texts, `tokens` and `mask` of int32 `[count, length]` each, near those of a batch.
  ///
  /// - Parameters:
  ///   - texts: The batch's `tokens` and `mask`.
  ///   - inputs: The step of which the search is a part.
  public func explore(_ texts: Example, in inputs: StepInputs) -> Example {
    let count = exploration.generatedCount(batch: texts.count)
    let parents = Example(texts.fields.map { ($0.name, $0.value.rows(count)) })
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
