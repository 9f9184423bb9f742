/// The fill for pixels that shifting an image uncovers.
public enum ImagePadding: String, CaseIterable, Sendable {
  /// Zeros.
  case zero
  /// The nearest pixel of the border.
  case edge
  /// The image mirrored at its border; border pixels are not repeated.
  case reflect
}

/// The augmentation of one image: mirrored, then shifted, then a square cut out.
///
/// One row of the operand `moves`: five int32 in the order of declaration.
public struct ImageMove: Equatable, BitwiseCopyable, Sendable {
  /// The shift down, in pixels.
  public var down: Int32 = 0
  /// The shift to the right, in pixels.
  public var right: Int32 = 0
  /// 1 to mirror the image left to right first, else 0.
  public var mirrored: Int32 = 0
  /// The first row of the cut-out square; ignored where its side is 0.
  public var cutTop: Int32 = 0
  /// The first column of the cut-out square.
  public var cutLeft: Int32 = 0

  /// The unchanged image.
  public init() {}

  /// The number of int32 words in one move.
  package static let wordCount = 5
}

extension Tensor {
  /// The network inputs for these uint8 images `[batch, height, width, channels]`: each image is augmented,
  /// then each sample looked up in `table`.
  ///
  /// - Parameters:
  ///   - moves: int32 `[batch, 5]`, the words of `ImageMove`s, within ±2²⁰.
  ///   - table: The network input for each sample value, `[channels, 256]`; no gradient reaches it.
  ///   - padding: The fill for uncovered pixels; zeros are sample values, looked up like the rest.
  ///   - cutout: The side in pixels of the square of zeros that is cut out of each picture, at most
  ///     2²⁰.
  /// - Returns: float32 of this shape.
  public func augmented(
    moves: Tensor, table: Tensor, padding: ImagePadding = .zero, cutout: Int = 0
  ) -> Tensor {
    guard dtype == .uint8, shape.rank == 4, moves.dtype == .int32,
      moves.shape == [shape[0], ImageMove.wordCount], table.dtype == .float32,
      table.shape == [shape[3], 256], (0...1 << 20).contains(cutout)
    else {
      return graph.fail(
        .invalidArgument(
          operation: "augment",
          reason: "needs uint8 pictures [batch, height, width, channels], int32 moves [batch, 5] "
            + "and a table [channels, 256], got \(shape), \(moves.shape) and \(table.shape)",
          path: graph.scope))
    }
    return apply(.augment(padding, cutout: Int32(cutout)), [moves, table], shape, .float32)
  }
}
