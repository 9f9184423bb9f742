import RetortCore

/// Joins all axes but the first into one.
///
/// The default keeps the elements in their order in memory, (height, width, channels); a following `Linear`
/// with `flattening:` reorders its weights to and from PyTorch's files. The other order is for models whose
/// next layer has no such option, and costs a copy of the activations.
public final class Flatten: Module {
  /// The order of an image's elements after flattening.
  public enum Order: Hashable, Sendable {
    /// (height, width, channels), as in memory.
    case channelsLast
    /// (channels, height, width), as PyTorch.
    case channelsFirst
  }

  /// The order of the result's elements.
  public let order: Order

  /// A layer that flattens images in the given order.
  public init(_ order: Order = .channelsLast) { self.order = order }

  public override func forward(_ x: Tensor) -> Tensor {
    order == .channelsFirst && x.shape.rank == 4
      ? x.transpose([0, 3, 1, 2]).flatten() : x.flatten()
  }
}

/// Turns features into NHWC images: `[batch, height·width·channels] → [batch, height, …]`.
public final class Unflatten: Module {
  /// The images' extents.
  public let image: ImageSize

  /// A layer that makes images of the given extents.
  public init(_ image: ImageSize) { self.image = image }

  public override func forward(_ x: Tensor) -> Tensor {
    x.reshape([x.shape[0], image.height, image.width, image.channels])
  }
}
