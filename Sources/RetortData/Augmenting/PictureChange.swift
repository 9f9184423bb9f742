import CRetortHost
import Glibc
import RetortNN

/// A change of a picture's colours or shape, as torchvision's function of that name makes it of uint8 tensors.
enum PictureChange: Equatable, Sendable {
  /// A factor ≥ 0 of every sample.
  case brightness(Double)
  /// A factor ≥ 0 of the distance from the mean of the greys.
  case contrast(Double)
  /// A factor ≥ 0 of the distance from the pixel's grey; grey pictures stay as they are, also by `hue`.
  case saturation(Double)
  /// A part of the circle of hues, from −0.5 to 0.5.
  case hue(Double)
  /// A factor ≥ 0 of the distance from the blurred picture.
  case sharpness(Double)
  /// The bits that are kept, 1 to 8.
  case posterize(Int)
  /// The least sample that is inverted.
  case solarize(Double)
  /// Each channel stretched from 0 to 255.
  case autocontrast
  /// The histogram of each channel made even.
  case equalize
  /// Where each pixel comes from: two rows of three, for its place from the picture's middle, the column first.
  case affine([Double])

  /// A turn about the middle, by degrees.
  static func rotation(_ degrees: Double) -> PictureChange {
    let angle = degrees * .pi / 180
    return .affine([cos(angle), -sin(angle), 0, sin(angle), cos(angle), 0])
  }

  /// Rows that move by `slope` times their distance from the top, the first not.
  static func shearX(_ slope: Double, height: Int) -> PictureChange {
    .affine([1, slope, slope * Double(height) / 2, 0, 1, 0])
  }

  /// Columns that move by `slope` times their distance from the left, the first not.
  static func shearY(_ slope: Double, width: Int) -> PictureChange {
    .affine([1, 0, 0, slope, 1, slope * Double(width) / 2])
  }

  /// A move by whole pixels.
  static func translation(right: Int, down: Int) -> PictureChange {
    .affine([1, 0, -Double(right), 0, 1, -Double(down)])
  }

  /// Changes `samples`, `[height, width, channels]` of 1 or 3 channels, one after the other.
  static func apply(
    _ changes: [PictureChange], to samples: UnsafeMutableRawBufferPointer, _ size: ImageSize
  ) {
    precondition(samples.count >= size.count, "a picture's memory holds all of its samples")
    guard !changes.isEmpty, let base = samples.bindMemory(to: UInt8.self).baseAddress else {
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size.count) { scratch in
      for change in changes {
        let (kind, amounts) = change.parameters
        retort_change(
          base, Int32(size.height), Int32(size.width), Int32(size.channels), kind, amounts,
          scratch.baseAddress)
      }
    }
  }

  private var parameters: (retort_change_kind, [Double]) {
    switch self {
    case .brightness(let factor): (retort_change_brightness, [factor])
    case .contrast(let factor): (retort_change_contrast, [factor])
    case .saturation(let factor): (retort_change_saturation, [factor])
    case .hue(let shift): (retort_change_hue, [shift])
    case .sharpness(let factor): (retort_change_sharpness, [factor])
    case .posterize(let bits): (retort_change_posterize, [Double(bits)])
    case .solarize(let least): (retort_change_solarize, [least])
    case .autocontrast: (retort_change_autocontrast, [0])
    case .equalize: (retort_change_equalize, [0])
    case .affine(let matrix): (retort_change_affine, matrix)
    }
  }
}
