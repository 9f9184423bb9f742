import RetortCore
import RetortNN

/// A classifier behind an earlier layer of a student that can answer in the student's place.
///
/// Source: Zhang et al. 2019, arXiv 1905.08094, section 3.1.
public final class EarlyExit: Branch {
  /// The path of the student's module that it stands behind.
  public let module: String

  /// - Parameters:
  ///   - module: The path of the student's module.
  ///   - shape: The module's map, `[batch, height, width, channels]`.
  ///   - deepest: The map that it is brought to.
  ///   - classes: The number of logits.
  init(behind module: String, from shape: Shape, to deepest: Shape, classes: Int) {
    self.module = module
    super.init(from: shape, to: deepest, classes: classes)
  }
}

extension AdaptedModel {
  /// The classifiers behind earlier layers, in order; empty without a loss that trains some.
  public var earlyExits: [EarlyExit] {
    adapters.flatMap(\.modules).compactMap { $0 as? EarlyExit }
  }

  /// The logits `[batch, classes]` of one of `earlyExits` in evaluation mode; they do not depend on the layers behind
  /// its module.
  public func logits(of exit: EarlyExit, for examples: Example, in graph: Graph) -> Tensor {
    let context = ForwardContext(graph, .evaluation, tapping: [exit.module])
    guard let map = try? taps(examples, in: context).value(exit.module) else {
      preconditionFailure("exits stand behind modules of the student")
    }
    return using(context) { exit.features(map).logits }
  }
}
