import RetortCore
import RetortNN
import RetortTraining

/// What a search learns and keeps from step to step, in the store of the student that it follows.
///
/// It is part of checkpoints and is not exported.
public final class SearchMemory: Module {
  /// Expects disagreement at a code; nil if starts are not chosen by it.
  let surrogate: Surrogate?
  /// What earlier steps found; nil if nothing is replayed.
  let pool: ReplayPool?

  /// The memory that `exploration` needs for codes of `size` coordinates; nil if it needs none.
  ///
  /// - Parameters:
  ///   - size: The number of coordinates.
  ///   - classes: The number of logits.
  public init?(_ exploration: Exploration, size: Int, classes: Int) {
    surrogate = exploration.proposals?.value == .surrogate ? Surrogate(size: size) : nil
    pool = exploration.replay.map { ReplayPool($0, width: size, classes: classes) }
    super.init()
    if surrogate == nil, pool == nil { return nil }
  }
}
