import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// A pool of what earlier steps found: latent codes with the teacher's logits, learnt from again without asking it.
///
/// The pool holds the last codes, so that they age out. An example is drawn in proportion to `ℓ^β`, where `ℓ` is the
/// disagreement of teacher and student when it was last met.
///
/// Source: prioritised experience replay, Schaul et al. 2016, arXiv 1511.05952, section 3.3, with `β` for its α.
public struct Replay: Hashable, Sendable {
  /// How many codes the pool holds, ≥ 1.
  public var size = 4096
  /// The replayed examples for each new one, in (0, 1].
  public var ratio = 1.0
  /// β, how much disagreement matters, ≥ 0: 0 for any example.
  public var greed = 0.5

  /// A pool of 4,096 codes, with one replayed example for each new one.
  public init() {}

  /// A pool of `size` codes.
  public init(size: Int, ratio: Double = 1, greed: Double = 0.5) {
    (self.size, self.ratio, self.greed) = (size, ratio, greed)
  }

  /// The number of replayed examples for `count` new ones, at least one.
  func replayedCount(new count: Int) -> Int { max(1, Int((Double(count) * ratio).rounded())) }
}

extension Replay: Configurable {
  /// The keys of `replay` in recipes.
  public static let keys: [Key<Replay>] = [
    .int("size", \.size, 1...1 << 16, "how many of the last new examples the pool holds"),
    .number(
      "ratio", \.ratio, NumberRange(0, 1, includesLower: false),
      "replayed examples for each new one"),
    .number(
      "greed", \.greed, .notNegative(upTo: 1000),
      "β: one is drawn in proportion to disagreement^β, as it was when the example was last met"),
  ]
}

/// The pool of a replay on the device.
final class ReplayPool: Module {
  /// The candidates among which each replayed example is drawn.
  private static let candidates = 8
  private let codes: Parameter, logits: Parameter, disagreement: Parameter
  private let replay: Replay

  /// An empty pool of codes of `width` coordinates and logits of `classes`.
  init(_ replay: Replay, width: Int, classes: Int) {
    self.replay = replay
    codes = Parameter([replay.size, width], .zeros, role: .memory)
    logits = Parameter([replay.size, classes], .zeros, role: .memory)
    disagreement = Parameter([replay.size], .zeros, role: .memory)
  }

  /// What is replayed in a step: `codes` `[replayed, width]` with the teacher's `logits` `[replayed, classes]`, both
  /// constants, from the rows `ids` of the pool.
  struct Draw {
    let codes: Tensor, logits: Tensor, ids: Tensor
  }

  /// Adds what a step has found, and notes the disagreement on what it has replayed.
  ///
  /// - Parameters:
  ///   - codes: New codes `[new, …]`.
  ///   - logits: The teacher's logits of them, `[new, classes]`.
  ///   - disagreement: That on the new examples, and behind them on those of `draw`, `[new + replayed]`.
  func remember(
    _ codes: Tensor, _ logits: Tensor, _ disagreement: Tensor, _ draw: Draw,
    _ context: ForwardContext
  ) {
    using(context) {
      let count = codes.shape[0]
      func shifted(_ pool: Tensor, _ new: Tensor) -> Tensor {
        let new = new.stopGradient().reshape(
          to: Shape([count] + pool.shape.dimensions.dropFirst()))
        return Tensor.concatenate([pool, new], axis: 0).slice(axis: 0, count..<count + replay.size)
      }
      context.remember(shifted(self.codes.tensor, codes), in: self.codes)
      context.remember(shifted(self.logits.tensor, logits), in: self.logits)
      let replayed = disagreement.slice(axis: 0, count..<disagreement.shape[0]).stopGradient()
      let updated = self.disagreement.tensor.replacingRows(at: draw.ids, by: replayed)
      context.remember(
        shifted(updated, disagreement.slice(axis: 0, 0..<count)), in: self.disagreement)
    }
  }

  /// Draws examples for `new` new ones a step; meaningless in step 0, before which the pool is empty.
  func draw(new count: Int, in inputs: StepInputs, _ context: ForwardContext) -> Draw {
    using(context) {
      let (graph, drawn) = (inputs.graph, replay.replayedCount(new: count))
      func uniform() -> Tensor {
        graph.random(
          .uniform, [Self.candidates * drawn], state: inputs.randomState,
          stream: inputs.streams.next())
      }
      let filled = (inputs.step.toFloat() * Double(count)).minimum(graph.fill(Double(replay.size)))
      // The newest come last.
      let places = graph.fill(Double(replay.size)) - uniform() * filled
      let ids = places.minimum(graph.fill(Double(replay.size - 1))).toInteger()
      let chosen = ids.gather(
        disagreement.tensor.gather(ids)
          .drawn(of: Self.candidates, greed: replay.greed, uniform()))
      return Draw(
        codes: codes.tensor.gather(chosen).stopGradient(),
        logits: logits.tensor.gather(chosen).stopGradient(), ids: chosen)
    }
  }
}
