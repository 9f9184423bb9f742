/// The patches of an image, in rows and columns.
struct PatchGrid: Hashable {
  /// Patches from top to bottom.
  let rows: Int
  /// Patches from left to right.
  let columns: Int

  /// The number of patches.
  var count: Int { rows * columns }

  /// The weights that make values on `other` of values on this grid, `[other.count, count]`, row-major.
  ///
  /// Bicubic with antialiasing, which PyTorch's `interpolate` calls `mode="bicubic", antialias=True`: rows and
  /// columns one after the other.
  func resampling(to other: PatchGrid) -> [Float] {
    let vertical = PatchGrid.resampling(from: rows, to: other.rows)
    let horizontal = PatchGrid.resampling(from: columns, to: other.columns)
    var weights: [Float] = []
    weights.reserveCapacity(count * other.count)
    for row in vertical {
      for column in horizontal {
        for down in row { weights += column.map { Float(down * $0) } }
      }
    }
    return weights
  }

  /// The weights of `extent` places in each of `outputs` places along one axis; those of a place sum to 1.
  private static func resampling(from extent: Int, to outputs: Int) -> [[Double]] {
    let scale = Double(extent) / Double(outputs)
    let stretch = max(scale, 1)
    return (0..<outputs).map { output in
      let centre = (Double(output) + 0.5) * scale
      let low = max(0, Int(centre - 2 * stretch + 0.5))
      let high = min(extent, Int(centre + 2 * stretch + 0.5))
      let weights = (0..<extent).map { place in
        (low..<high).contains(place) ? cubic((Double(place) + 0.5 - centre) / stretch) : 0
      }
      let sum = weights.reduce(0, +)
      return weights.map { $0 / sum }
    }
  }

  /// The cubic convolution kernel with a = −1/2.
  ///
  /// Source: Keys 1981, Cubic convolution interpolation for digital image processing, equation 15.
  private static func cubic(_ offset: Double) -> Double {
    let t = abs(offset)
    if t < 1 { return (1.5 * t - 2.5) * t * t + 1 }
    return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0
  }
}
