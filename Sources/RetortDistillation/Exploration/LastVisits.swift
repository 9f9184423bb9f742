import RetortCore
import RetortNN
import RetortTraining

/// How much teacher and student disagreed on the new example that was last made of each training example.
final class LastVisits: Module {
  /// `[examples]`; 1 of those that have not been searched from, so that these come first.
  private let found: Parameter

  /// Of `count` training examples.
  init(of count: Int) { found = Parameter([count], .ones, role: .memory) }

  /// What was found of examples, `[ids]`.
  func disagreement(of ids: Tensor, _ context: ForwardContext) -> Tensor {
    using(context) { found.tensor.gather(ids) }
  }

  /// Notes what was found, `[ids]`; of an example that stands twice, the first.
  func note(_ disagreement: Tensor, of ids: Tensor, _ context: ForwardContext) {
    using(context) {
      context.remember(
        found.tensor.replacingDistinctRows(
          at: ids.firstOfEach(), by: disagreement.stopGradient()), in: found)
    }
  }
}
