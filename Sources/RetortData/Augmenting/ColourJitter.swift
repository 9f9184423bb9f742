import RetortNN
import RetortSchema

/// Random changes of brightness, contrast, saturation and hue, in a random order.
///
/// The same as torchvision's `ColorJitter` of uint8 tensors.
public struct ColourJitter: Configurable {
  /// The largest change of each factor from 1; 0 for none.
  public var brightness = 0.0, contrast = 0.0, saturation = 0.0
  /// The largest part of the circle that hues are turned by; 0 for none.
  public var hue = 0.0

  /// No change.
  public init() {}

  /// The keys of `augment.jitter`.
  public static let keys: [Key<ColourJitter>] = [
    .number(
      "brightness", \.brightness, .notNegative(), "the most that samples' factor is from 1"),
    .number(
      "contrast", \.contrast, .notNegative(), "of the factor of distances from the mean grey"),
    .number(
      "saturation", \.saturation, .notNegative(), "of the factor of distances from the own grey"),
    .number(
      "hue", \.hue, .notNegative(upTo: 0.5), "the most that hues are turned by, of the whole circle"
    ),
  ]

  /// What becomes of one picture.
  func changes(_ generator: inout KeyedGenerator) -> [PictureChange] {
    let order = generator.permutation(of: 4)
    func factor(_ most: Double) -> Double {
      let least = max(0, 1 - most)
      return least + (1 + most - least) * generator.unit()
    }
    let all: [PictureChange?] = [
      brightness > 0 ? .brightness(factor(brightness)) : nil,
      contrast > 0 ? .contrast(factor(contrast)) : nil,
      saturation > 0 ? .saturation(factor(saturation)) : nil,
      hue > 0 ? .hue(hue * (2 * generator.unit() - 1)) : nil,
    ]
    return order.compactMap { all[$0] }
  }
}
