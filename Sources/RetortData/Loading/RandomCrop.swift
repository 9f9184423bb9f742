import Glibc

/// A part of a picture, in pixels.
public struct CropBox: Equatable, Sendable {
  /// The first row and column.
  public var top: Int, left: Int
  /// The rows and columns, ≥ 1.
  public var height: Int, width: Int
}

/// The random part of a picture that training sees in its place, drawn for one slot of one batch.
///
/// The same as torchvision's `RandomResizedCrop(scale: (least, 1))`: a share of the area, uniform from `least` to
/// 1, in a shape from 3 : 4 to 4 : 3 whose logarithm is uniform. The part is a pure function of (seed, step,
/// slot) and the picture's size.
///
/// Source: [Szegedy et al. 2015](https://arxiv.org/abs/1409.4842), section 6.
public struct RandomCrop: Equatable, Sendable {
  /// The least share of the area, in (0, 1].
  public let least: Double
  /// What the draw depends on: the run's seed, the batch's number and the place in the batch, from 0.
  public let seed: UInt64, step: Int, slot: Int

  /// The draw for one place.
  public init(least: Double, seed: UInt64, step: Int, slot: Int) {
    (self.least, self.seed, self.step, self.slot) = (least, seed, step, slot)
  }

  /// The part of a picture of `height` and `width` pixels.
  public func box(height: Int, width: Int) -> CropBox {
    var generator = KeyedGenerator(seed: seed, stream: .crop, step: step, element: slot)
    for _ in 0..<10 {
      let area = Double(height * width) * (least + (1 - least) * generator.unit())
      let shape = exp(log(4.0 / 3) * (2 * generator.unit() - 1))
      let columns = Int((area * shape).squareRoot().rounded(.toNearestOrEven))
      let rows = Int((area / shape).squareRoot().rounded(.toNearestOrEven))
      guard 1...width ~= columns, 1...height ~= rows else { continue }
      return CropBox(
        top: generator.number(below: height - rows + 1),
        left: generator.number(below: width - columns + 1), height: rows, width: columns)
    }
    // Of a picture that is too long for any such part, the middle.
    let rows = min(height, max(1, Int((Double(width) * 4 / 3).rounded(.toNearestOrEven))))
    let columns = min(width, max(1, Int((Double(height) * 4 / 3).rounded(.toNearestOrEven))))
    return CropBox(
      top: (height - rows) / 2, left: (width - columns) / 2, height: rows, width: columns)
  }
}
