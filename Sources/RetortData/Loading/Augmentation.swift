import RetortCore

/// Random changes to training pictures that leave their class as it is.
///
/// What happens to a picture is a pure function of (seed, step, slot in the batch).
public struct Augmentation: Equatable, Sendable {
  /// The most pixels by which a picture is moved up, down, left or right.
  ///
  /// The same as torchvision's `RandomCrop(size, padding: shift)` of the picture's own size.
  public var shift: Int
  /// What comes in.
  public var padding: ImagePadding
  /// Whether every second picture, at random, is mirrored left to right.
  public var flip: Bool
  /// The side in pixels of a square of zeros whose centre lies anywhere in the picture; 0 for none.
  ///
  /// What lies outside the picture is cut off.
  ///
  /// > Note: The paper's public code makes an odd side one less, and zeros of normalised pictures.
  ///
  /// Source: [DeVries and Taylor 2017](https://arxiv.org/abs/1708.04552), section 3.2.
  public var cutout: Int

  /// No change.
  public static let none = Augmentation()

  /// Makes an augmentation; `shift` and `cutout` are at least 0.
  public init(shift: Int = 0, padding: ImagePadding = .zero, flip: Bool = false, cutout: Int = 0) {
    precondition(shift >= 0 && cutout >= 0, "a shift or cutout cannot be negative")
    (self.shift, self.padding, self.flip, self.cutout) = (shift, padding, flip, cutout)
  }

  func move(seed: UInt64, step: Int, slot: Int, height: Int, width: Int) -> ImageMove {
    var move = ImageMove()
    guard self != .none else { return move }
    var generator = KeyedGenerator(seed: seed, stream: .augmentation, step: step, element: slot)
    move.down = Int32(generator.number(below: 2 * shift + 1) - shift)
    move.right = Int32(generator.number(below: 2 * shift + 1) - shift)
    let isMirrored = generator.next() >> 63 == 1
    move.mirrored = flip && isMirrored ? 1 : 0
    if cutout > 0 {
      move.cutTop = Int32(generator.number(below: height) - cutout / 2)
      move.cutLeft = Int32(generator.number(below: width) - cutout / 2)
    }
    return move
  }
}
