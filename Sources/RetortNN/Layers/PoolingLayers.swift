import RetortCore

/// The maximum of each window of NHWC images.
public final class MaxPool2d: Module {
  /// Window, stride and padding.
  public let pooling: Pooling

  /// A square window; the stride is the window when not given.
  public init(_ window: Int, stride: Int? = nil, padding: Int = 0) {
    pooling = Pooling(window: window, stride: stride, padding: padding)
  }

  public override func forward(_ x: Tensor) -> Tensor { x.maxPool(pooling) }
}

/// The mean of each window of NHWC images.
public final class AvgPool2d: Module {
  /// Window, stride and padding.
  public let pooling: Pooling

  /// A square window; the stride is the window when not given.
  ///
  /// - Parameters:
  ///   - window: The height and width of the window.
  ///   - stride: The stride in rows and columns; that of the window if nil.
  ///   - padding: The padding on each side.
  ///   - countsPadding: Whether padded zeros count as elements of the mean.
  public init(_ window: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true) {
    pooling = Pooling(
      window: window, stride: stride, padding: padding, countsPadding: countsPadding)
  }

  public override func forward(_ x: Tensor) -> Tensor { x.averagePool(pooling) }
}

/// The means over a grid of `height × width` regions: `[batch, height, width, channels]`.
public final class AdaptiveAvgPool2d: Module {
  /// The number of rows of regions.
  public let height: Int
  /// The number of columns of regions.
  public let width: Int

  /// A grid of regions.
  public init(_ height: Int, _ width: Int) { (self.height, self.width) = (height, width) }

  public override func forward(_ x: Tensor) -> Tensor {
    x.adaptiveAveragePool(height: height, width: width)
  }
}

/// The mean over the whole image: `[batch, height, width, channels] → [batch, channels]`.
public final class GlobalAvgPool2d: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.globalAveragePool() }
}
