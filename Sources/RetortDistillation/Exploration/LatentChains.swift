import RetortCore
import RetortNN
import RetortTraining

/// The codes of training examples that climb by one step at each time that the examples are met.
///
/// A chain begins at a start of the search, makes its K steps in as many visits, and begins anew after the visit to the
/// last point. So every decoded example is learnt from, and a step of the ascent costs no example of its own.
///
/// Source: chains that go on from one update of the weights to the next, Tieleman 2008 (ICML), "Training restricted
/// Boltzmann machines using approximations to the likelihood gradient"; one ascent step a visit, whose forward pass is
/// the training step's, Shafahi et al. 2019, arXiv 1904.12843, algorithm 1.
final class LatentChains: Module {
  /// Where each chain goes on, `[examples, width]`.
  private let codes: Parameter
  /// How many steps each has made; 0 where it begins anew, `[examples]`.
  private let steps: Parameter

  /// Chains of `count` training examples whose codes have `width` coordinates.
  init(of count: Int, width: Int) {
    codes = Parameter([count, width], .zeros, role: .memory)
    steps = Parameter([count], .zeros, role: .memory)
  }

  /// Where the chains of a step's examples stand.
  struct Link {
    /// Their codes, `[count, …]`, constants.
    let codes: Tensor
    /// The numbers of the examples, int32 `[count]`; -1 for one that is met twice, for which the first goes on.
    let ids: Tensor
    /// How many steps each has made, `[count]`.
    let made: Tensor
  }

  /// Where the chains of examples stand, at `start` those that begin anew.
  ///
  /// - Parameters:
  ///   - start: Starts of the search, `[count, …]`.
  ///   - ids: The numbers of the examples, int32 `[count]`.
  ///   - context: A forward pass of the step.
  func link(_ start: Tensor, _ ids: Tensor, _ context: ForwardContext) -> Link {
    using(context) {
      let made = steps.tensor.gather(ids)
      let goesOn = made.reshape(
        to: Shape([ids.shape[0]] + start.shape.dimensions.dropFirst().map { _ in 1 }))
      let kept = codes.tensor.gather(ids).reshape(to: start.shape)
      return Link(
        codes: goesOn.select(kept, start).stopGradient(), ids: ids.firstOfEach(), made: made)
    }
  }

  /// Has chains go on at `moved`, `[count, …]`; those that have made `most` steps begin anew.
  func goOn(_ link: Link, at moved: Tensor, most: Int, _ context: ForwardContext) {
    using(context) {
      let graph = moved.graph
      let goesOn = graph.fill(Double(most)).greater(link.made)
      let made = goesOn.select(link.made + 1, graph.fill(0))
      let rows = moved.stopGradient().reshape([moved.shape[0], codes.shape[1]])
      context.remember(codes.tensor.replacingDistinctRows(at: link.ids, by: rows), in: codes)
      context.remember(steps.tensor.replacingDistinctRows(at: link.ids, by: made), in: steps)
    }
  }
}
