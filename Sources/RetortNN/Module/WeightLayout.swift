import RetortCore

/// The relation between a parameter's elements on the device and in PyTorch's files.
///
/// Images are NHWC on the device and NCHW in PyTorch; weights are permuted once, on import and export, so
/// that steps need no transposes.
public enum WeightLayout: Hashable, Sendable {
  /// The same order in both.
  case plain
  /// Four axes: `[a, height, width, b]` on the device, `[a, b, height, width]` in files.
  ///
  /// `[out, kh, kw, in/groups]` of a convolution, `[in, kh, kw, out/groups]` of a transposed one.
  case channelsLast
  /// A linear layer's `[out, features]` whose features are a flattened image.
  ///
  /// The features run through (height, width, channels) on the device and (channels, height, width) in files.
  case flattenedInputs(ImageSize)
  /// A linear layer's `[features, in]` or `[features]` whose features are reshaped to an image.
  case flattenedOutputs(ImageSize)

  /// The shape in PyTorch's files of a tensor that has `shape` on the device.
  package func frameworkShape(_ shape: Shape) -> [Int] {
    let extents = shape.dimensions
    guard self == .channelsLast, extents.count == 4 else { return extents }
    return [extents[0], extents[3], extents[1], extents[2]]
  }

  /// The device's elements in PyTorch's order.
  package func exported(_ values: ArraySlice<Float>, _ shape: Shape) -> [Float] {
    let sources = sources(shape)
    guard let sources else { return Array(values) }
    return sources.map { values[values.startIndex + $0] }
  }

  /// PyTorch's elements in the device's order.
  package func imported(_ values: [Float], _ shape: Shape) -> [Float] {
    guard let sources = sources(shape) else { return values }
    var result = values
    for (target, source) in sources.enumerated() { result[source] = values[target] }
    return result
  }

  /// The device index of each element in PyTorch's order; nil if both orders are the same.
  private func sources(_ shape: Shape) -> [Int]? {
    let extents = shape.dimensions
    switch self {
    case .plain: return nil
    case .channelsLast:
      guard extents.count == 4 else { return nil }
      let image = ImageSize(height: extents[1], width: extents[2], channels: extents[3])
      return image.channelsFirstOrder(outer: extents[0], inner: 1)
    case .flattenedInputs(let image):
      return image.channelsFirstOrder(outer: extents[0], inner: 1)
    case .flattenedOutputs(let image):
      return image.channelsFirstOrder(outer: 1, inner: shape.count / max(1, image.count))
    }
  }
}

/// The extents of one image.
public struct ImageSize: Hashable, Sendable {
  /// Rows of pixels.
  public var height: Int
  /// Columns of pixels.
  public var width: Int
  /// The number of channels.
  public var channels: Int

  /// An image of `height` by `width` pixels.
  public init(height: Int, width: Int, channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// The number of elements.
  public var count: Int { height * width * channels }

  /// Indices into `[outer, height, width, channels, inner]`, in channels-first order.
  fileprivate func channelsFirstOrder(outer: Int, inner: Int) -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(outer * count * inner)
    for block in 0..<outer {
      for channel in 0..<channels {
        for pixel in 0..<height * width {
          let start = ((block * height * width + pixel) * channels + channel) * inner
          for index in 0..<inner { order.append(start + index) }
        }
      }
    }
    return order
  }
}
