import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Knowledge review: a student's layers, fused from the last to the first, learn the teacher's at several sizes.
public struct ReviewLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "review", "squared distance at several sizes, of layers fused from the last to the first",
    """
    From the last pair to the first, the student's map is fused with what has been made of later layers, by weights \
    for each place that attention finds (ABF), and a 3×3 convolution of the result is compared with the teacher's map \
    at its own size and pooled to 4×4, 2×2 and 1×1 (HCL), each of half the weight of the one before. Sizes that are \
    not below the map's height are left out. Taps go from the first to the last layer. The fusing layers learn with \
    the student.
    """,
    equation: [
      "L = Σ over pairs of Σ_k w_k · mean( pool_k(G) − pool_k(F_teacher) )² / Σ_k w_k",
      "w = 1, ½, ¼, ⅛  for the whole map, 4×4, 2×2, 1×1",
      "G, R = ABF(F_student, R of the pair behind),  R = a₁ · conv(F) + a₂ · upsampled R,  G = conv(R)",
    ], source: "Chen, Liu, Zhao, Jia 2021, arXiv 2104.09044")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, from the first to the last layer, at least one.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<ReviewLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared, in order").required(),
  ]
  /// True: the teacher's maps are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// One fusion per pair, which for the last takes the student's map alone.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    let width = min(512, student.last.map { $0[-1] } ?? 1)
    let last = student.count - 1
    return try zip(student, teacher).enumerated().map { (index, pair) throws(AdapterError) in
      try Adapter.requireMaps(pair.0, pair.1)
      return AttentionFusion(
        from: pair.0[-1], width: width, to: pair.1, fuses: index < last)
    }
  }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has, `AdapterError` for maps that cannot be compared.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    var (sum, later): (Tensor?, Tensor?) = (nil, nil)
    for pair in try x.pairs(taps).reversed() {
      var own = pair.student
      if let fusion = pair.adapter as? AttentionFusion {
        (own, later) = x.adapting { fusion.fused(own, with: later) }
      }
      let (map, target) = Adapter.atOneSize(own, pair.teacher)
      guard map.shape == target.shape else {
        throw AdapterError(student: pair.student.shape, teacher: pair.teacher.shape)
      }
      let part = Self.distance(map, target)
      sum = sum.map { $0 + part } ?? part
    }
    return sum.map { [LossTerm(name, weight: weight, $0)] } ?? []
  }

  /// The hierarchical context loss: squared errors of maps and of their means over grids.
  static func distance(_ student: Tensor, _ teacher: Tensor) -> Tensor {
    var (sum, share, total) = (meanSquaredError(student, teacher), 1.0, 1.0)
    for size in [4, 2, 1] where size < student.shape[1] && size <= student.shape[2] {
      share /= 2
      func pooled(_ x: Tensor) -> Tensor { x.adaptiveAveragePool(height: size, width: size) }
      sum = sum + meanSquaredError(pooled(student), pooled(teacher)) * share
      total += share
    }
    return sum / total
  }
}

/// Fuses a map with one of later layers, at the size of a teacher's map.
final class AttentionFusion: Module {
  private let conv1: Sequential
  private let conv2: Sequential
  private let attention: Conv2d?
  private let size: (height: Int, width: Int)

  init(from inputs: Int, width: Int, to teacher: Shape, fuses: Bool) {
    conv1 = Sequential(Conv2d(inputs, width, kernel: 1, bias: false), BatchNorm(width))
    conv2 = Sequential(
      Conv2d(width, teacher[-1], kernel: 3, padding: 1, bias: false), BatchNorm(teacher[-1]))
    attention = fuses ? Conv2d(2 * width, 2, kernel: 1) : nil
    size = (teacher[1], teacher[2])
  }

  /// The map to compare with the teacher's, and what the layer before is fused with.
  func fused(_ map: Tensor, with later: Tensor?) -> (Tensor, Tensor) {
    var mixture = conv1(map)
    if let attention, let later {
      let other = later.nearest(height: map.shape[1], width: map.shape[2])
      let weights = attention(Tensor.concatenate([mixture, other], axis: 3)).sigmoid()
      mixture =
        mixture * weights.slice(axis: 3, 0..<1) + other * weights.slice(axis: 3, 1..<2)
    }
    mixture = mixture.nearest(height: size.height, width: size.width)
    return (conv2(mixture), mixture)
  }
}

extension Tensor {
  /// The map at another size, each pixel the nearest one: pixel `⌊i·H/height⌋` stands at `i`.
  func nearest(height: Int, width: Int) -> Tensor {
    func resampled(_ x: Tensor, _ axis: Int, _ size: Int) -> Tensor {
      let length = x.shape[axis]
      guard length != size else { return x }
      var order = Array(0..<4)
      order.swapAt(0, axis)
      let places = x.graph.constant((0..<size).map { Int32($0 * length / size) }, [size])
      return x.transpose(order).gather(places).transpose(order)
    }
    return resampled(resampled(self, 1, height), 2, width)
  }
}
