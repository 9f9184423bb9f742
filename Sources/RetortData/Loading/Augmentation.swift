import RetortCore
import RetortNN

/// Random changes to training images that preserve their class.
///
/// The changes of an image are a pure function of (seed, step, slot in the batch), or, where they are repeated, of its
/// index and the number of its draw.
public struct Augmentation: Equatable, Sendable {
  /// The largest shift of an image up, down, left or right, in pixels.
  ///
  /// The same as torchvision's `RandomCrop(size, padding: shift)` of the image's own size.
  public var shift: Int
  /// The fill for pixels that a shift uncovers.
  public var padding: ImagePadding
  /// Whether to mirror images left to right with probability ½.
  public var flip: Bool
  /// The side in pixels of a square of zeros centred anywhere in the image; 0 for none.
  ///
  /// The part of the square outside the image is ignored.
  ///
  /// > Note: The paper's public code reduces an odd side by one, and its zeros are normalised values.
  ///
  /// Source: [DeVries and Taylor 2017](https://arxiv.org/abs/1708.04552), section 3.2.
  public var cutout: Int

  /// The least share of an image's area that a random part of it has; 0 for the whole image.
  ///
  /// The host scales that part to the image's size, before everything else; see `RandomCrop`.
  public var crop: Double

  /// Random changes of colours, which the host makes after `crop`.
  public var jitter = ColourJitter()
  /// Changes drawn from fourteen, which the host makes after `jitter`; nil for none.
  public var randAugment: RandAugment?
  /// What the Beta distribution of the weights has that pictures are mixed with; 0 for no mixing.
  public var mixup = 0.0
  /// The same for the share that is cut out of another picture; 0 for none.
  public var cutmix = 0.0

  /// How many draws each picture has, one after the other by epochs, the same for all seeds; 0 for a new one each time.
  ///
  /// What frozen models make of so many is computed once.
  public var draws = 0

  /// Whether a picture is changed in as many ways as are known beforehand.
  public var isFixed: Bool { draws > 0 || self == .none }

  /// Whether pictures are mixed, and labels with them.
  public var mixes: Bool { mixup > 0 || cutmix > 0 }

  /// No augmentation.
  public static let none = Augmentation()

  /// An augmentation; `shift` and `cutout` are ≥ 0, `crop` is from 0 to 1.
  public init(
    shift: Int = 0, padding: ImagePadding = .zero, flip: Bool = false, cutout: Int = 0,
    crop: Double = 0
  ) {
    precondition(shift >= 0 && cutout >= 0, "a shift or cutout cannot be negative")
    precondition(0...1 ~= crop, "a crop is a share")
    (self.shift, self.padding, self.flip, self.cutout) = (shift, padding, flip, cutout)
    self.crop = crop
  }

  /// What the host makes of the picture of one slot, in order.
  func changes(seed: UInt64, step: Int, slot: Int, _ size: ImageSize) -> [PictureChange] {
    guard jitter != ColourJitter() || randAugment != nil else { return [] }
    var generator = KeyedGenerator(seed: seed, stream: .colour, step: step, element: slot)
    let colours = jitter.changes(&generator)
    return colours + (randAugment?.changes(&generator, size) ?? [])
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
