/// What comes into a picture that is moved.
public enum ImagePadding: String, CaseIterable, Sendable {
  /// Zeros.
  case zero
  /// The nearest pixel of the border.
  case edge
  /// The picture mirrored at its border, whose pixels are not repeated.
  case reflect
}

/// What happens to one picture: it is mirrored, then moved, then a square is cut out.
///
/// A row of the operand `moves`: its memory is that of five int32 in this order.
public struct ImageMove: Equatable, BitwiseCopyable, Sendable {
  /// Pixels by which the picture moves down.
  public var down: Int32 = 0
  /// Pixels by which it moves right.
  public var right: Int32 = 0
  /// Whether left and right change places first: 0 or 1.
  public var mirrored: Int32 = 0
  /// The first row of the square; without meaning where its side is 0.
  public var cutTop: Int32 = 0
  /// The first column of the square.
  public var cutLeft: Int32 = 0

  /// A picture as it is.
  public init() {}

  /// The number of int32 in one.
  package static let wordCount = 5
}

extension Tensor {
  /// The network inputs of these pictures, uint8 `[batch, height, width, channels]`: changed, then
  /// each sample looked up.
  ///
  /// - Parameters:
  ///   - moves: int32 `[batch, 5]`, the words of `ImageMove`s, within ±2²⁰.
  ///   - table: The input of every sample, `[channels, 256]`; no gradient reaches it.
  ///   - padding: What comes in; zeros are samples, before they are looked up.
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
