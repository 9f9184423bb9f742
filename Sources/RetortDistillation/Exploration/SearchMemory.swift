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
  /// The codes that climb from visit to visit; nil if each search climbs by itself.
  let chains: LatentChains?
  /// What was found of each training example; nil if starts are not chosen by it.
  let visits: LastVisits?
  /// The variants of texts; nil if none are kept.
  let variants: TextVariants?

  /// The memory that `exploration` needs for codes of `size` coordinates; nil if it needs none.
  ///
  /// - Parameters:
  ///   - exploration: A search from pictures.
  ///   - size: The number of coordinates.
  ///   - classes: The number of logits.
  ///   - count: The number of training examples.
  public init?(_ exploration: Exploration, size: Int, classes: Int, examples count: Int) {
    surrogate = exploration.proposals?.value == .surrogate ? Surrogate(size: size) : nil
    pool = exploration.replay.map { ReplayPool($0, width: size, classes: classes) }
    chains = exploration.chains ? LatentChains(of: count, width: size) : nil
    visits = exploration.proposals?.value == .lastVisit ? LastVisits(of: count) : nil
    variants = nil
    super.init()
    if surrogate == nil, pool == nil, chains == nil, visits == nil { return nil }
  }

  /// The memory that `exploration` needs for `count` training texts of `length` tokens; nil if it needs none.
  public init?(_ exploration: Exploration, texts count: Int, length: Int, classes: Int) {
    (surrogate, pool, chains, visits) = (nil, nil, nil, nil)
    variants = exploration.variants.map {
      TextVariants($0, of: count, length: length, classes: classes)
    }
    super.init()
    if variants == nil { return nil }
  }
}
