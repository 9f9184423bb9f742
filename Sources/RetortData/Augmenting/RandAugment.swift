import RetortNN
import RetortSchema

/// A few changes drawn from fourteen, all as strong.
///
/// The changes and their strengths are torchvision's, with the nearest pixel and zeros outside.
///
/// Source: [Cubuk, Zoph, Shlens, Le 2019](https://arxiv.org/abs/1909.13719).
public struct RandAugment: Configurable {
  /// How many changes a picture gets, one after the other.
  public var operations = 2
  /// How strong they are, of 30.
  public var magnitude = 9

  /// Two changes of strength 9.
  public init() {}

  /// The keys of `augment.randaugment`.
  public static let keys: [Key<RandAugment>] = [
    .int("operations", \.operations, 1...14, "the changes of each picture, one after the other"),
    .int("magnitude", \.magnitude, 0...30, "how strong they are"),
  ]

  /// The strength may stand alone.
  public static let shorthand: String? = "magnitude"

  /// What becomes of one picture.
  func changes(_ generator: inout KeyedGenerator, _ size: ImageSize) -> [PictureChange] {
    (0..<operations).compactMap { _ -> PictureChange? in
      let kind = generator.number(below: Self.kindCount)
      let isNegative = generator.next() >> 63 == 1
      return Self.change(kind, magnitude: magnitude, isNegative: isNegative, size)
    }
  }

  static let kindCount = 14

  /// The change of a kind, in torchvision's order; nil for none.
  static func change(
    _ kind: Int, magnitude: Int, isNegative: Bool, _ size: ImageSize
  ) -> PictureChange? {
    // The float32 that torch.linspace has there.
    func strength(_ first: Float, _ last: Float) -> Double {
      let step = (last - first) / 30
      return Double(
        magnitude < 15
          ? first + step * Float(magnitude) : last - step * Float(30 - magnitude))
    }
    func signed(_ most: Double) -> Double {
      isNegative ? -strength(0, Float(most)) : strength(0, Float(most))
    }
    switch kind {
    case 0: return nil
    case 1: return .shearX(signed(0.3), height: size.height)
    case 2: return .shearY(signed(0.3), width: size.width)
    case 3: return .translation(right: Int(signed(150.0 / 331 * Double(size.width))), down: 0)
    case 4: return .translation(right: 0, down: Int(signed(150.0 / 331 * Double(size.height))))
    case 5: return .rotation(signed(30))
    case 6: return .brightness(1 + signed(0.9))
    case 7: return .saturation(1 + signed(0.9))
    case 8: return .contrast(1 + signed(0.9))
    case 9: return .sharpness(1 + signed(0.9))
    case 10: return .posterize(8 - Int((Double(magnitude) / 7.5).rounded(.toNearestOrEven)))
    case 11: return .solarize(strength(255, 0))
    case 12: return .autocontrast
    default: return .equalize
    }
  }
}
