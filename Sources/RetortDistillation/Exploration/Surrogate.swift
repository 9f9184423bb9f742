import RetortCore
import RetortNN

/// A small network that expects how much teacher and student disagree at a latent code.
///
/// It learns with the student, whose optimizer updates it, and is not exported.
public final class Surrogate: Module {
  /// The width of both hidden layers.
  private static let width = 64
  /// The disagreement below which none is told from another.
  private static let least = 1e-4
  private let layers: Sequential
  private let size: Int

  /// A network for codes of `size` coordinates.
  public init(size: Int) {
    self.size = size
    layers = Sequential(
      Linear(size, Self.width), ReLU(), Linear(Self.width, Self.width), ReLU(),
      Linear(Self.width, 1))
  }

  /// The expected logarithm of the disagreement at codes `[batch, …]`: `[batch]`.
  ///
  /// Codes are seen in standard deviations from their mean: coordinates that a generator hardly uses would otherwise
  /// drown in others.
  func callAsFunction(_ codes: Tensor, _ statistics: LatentStatistics, in context: ForwardContext)
    -> Tensor
  {
    let (graph, count) = (codes.graph, codes.shape[0])
    let shift = graph.constant(statistics.mean, [size])
    let scale = graph.constant(
      statistics.deviation.map { 1 / max($0, Float(LatentStatistics.leastDeviation)) }, [size])
    let white = (codes.reshape([count, size]) - shift) * scale
    return using(context) { layers(white).reshape([count]) }
  }

  /// How far expectations are from what was found, Huber's loss with a bound of 1 of logarithms: `[1]`.
  ///
  /// - Parameters:
  ///   - codes: Codes `[batch, …]`, constants.
  ///   - disagreement: What was found at them, `[batch]`, ≥ 0, a constant.
  func error(
    at codes: Tensor, _ disagreement: Tensor, _ statistics: LatentStatistics,
    in context: ForwardContext
  ) -> Tensor {
    let found = disagreement.maximum(codes.graph.fill(Self.least)).log().stopGradient()
    return huberLoss(self(codes.stopGradient(), statistics, in: context), found)
  }
}
