import Foundation

/// A colour as it meets the eye.
struct VisibleColor {
  /// Who looks.
  enum Sight: String, CaseIterable, CustomStringConvertible {
    case normal, protanopia, deuteranopia, tritanopia
    case grey
    var description: String { rawValue }

    /// What becomes of linear red, green and blue.
    ///
    /// Source: Machado, Oliveira and Fernandes 2009, the matrices of severity 1.
    fileprivate var matrix: [[Double]] {
      switch self {
      case .normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
      case .protanopia:
        [
          [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
          [-0.003882, -0.048116, 1.051998],
        ]
      case .deuteranopia:
        [
          [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
          [-0.011820, 0.042940, 0.968881],
        ]
      case .tritanopia:
        [
          [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
          [0.004733, 0.691367, 0.303900],
        ]
      case .grey: Array(repeating: VisibleColor.weights, count: 3)
      }
    }
  }

  fileprivate static let weights = [0.2126, 0.7152, 0.0722]
  /// Linear red, green and blue.
  private let linear: [Double]

  /// The colour `#rrggbb`.
  init(_ code: String) {
    let number = Int(code.dropFirst(), radix: 16) ?? 0
    linear = [16, 8, 0].map { shift in
      let value = Double(number >> shift & 255) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
  }

  private init(linear: [Double]) { self.linear = linear.map { max(0, min(1, $0)) } }

  func seen(by sight: Sight) -> VisibleColor {
    VisibleColor(
      linear: sight.matrix.map { row in zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 } })
  }

  private var luminance: Double { zip(Self.weights, linear).reduce(0) { $0 + $1.0 * $1.1 } }

  /// The ratio that WCAG 2 asks for: from 1 to 21.
  func contrast(with other: VisibleColor) -> Double {
    (max(luminance, other.luminance) + 0.05) / (min(luminance, other.luminance) + 0.05)
  }

  /// CIELAB's L, a and b, for daylight D65.
  private var lab: [Double] {
    let rows = [
      [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
      [0.0193339, 0.1191920, 0.9503041],
    ]
    let f = rows.map { row in
      let share = zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 } / row.reduce(0, +)
      return share > 216.0 / 24389 ? cbrt(share) : (24389.0 / 27 * share + 16) / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }

  var lightness: Double { lab[0] }

  /// The difference that CIEDE2000 sees.
  ///
  /// Source: Sharma, Wu and Dalal 2005, equations 2 to 22.
  func distance(to other: VisibleColor) -> Double {
    let (one, two) = (lab, other.lab)
    let radians = Double.pi / 180
    let chroma = (hypot(one[1], one[2]) + hypot(two[1], two[2])) / 2
    let stretch = 1.5 - 0.5 * (pow(chroma, 7) / (pow(chroma, 7) + pow(25, 7))).squareRoot()
    let (a, b) = (stretch * one[1], stretch * two[1])
    let (c1, c2) = (hypot(a, one[2]), hypot(b, two[2]))
    func hue(_ a: Double, _ b: Double) -> Double {
      let angle = atan2(b, a) / radians
      return angle < 0 ? angle + 360 : angle
    }
    let (h1, h2) = (hue(a, one[2]), hue(b, two[2]))
    var turn = h2 - h1
    if abs(turn) > 180 { turn -= turn > 0 ? 360 : -360 }
    var mean = (h1 + h2) / 2
    if abs(h1 - h2) > 180 { mean += mean < 180 ? 180 : -180 }
    let dh = 2 * (c1 * c2).squareRoot() * sin(turn / 2 * radians)
    let (l, c) = ((one[0] + two[0]) / 2, (c1 + c2) / 2)
    let t =
      1 - 0.17 * cos((mean - 30) * radians) + 0.24 * cos(2 * mean * radians)
      + 0.32 * cos((3 * mean + 6) * radians) - 0.2 * cos((4 * mean - 63) * radians)
    let sl = 1 + 0.015 * (l - 50) * (l - 50) / (20 + (l - 50) * (l - 50)).squareRoot()
    let (sc, sh) = (1 + 0.045 * c, 1 + 0.015 * c * t)
    let rotation =
      -2 * (pow(c, 7) / (pow(c, 7) + pow(25, 7))).squareRoot()
      * sin(60 * exp(-pow((mean - 275) / 25, 2)) * radians)
    let (x, y, z) = ((two[0] - one[0]) / sl, (c2 - c1) / sc, dh / sh)
    return (x * x + y * y + z * z + rotation * y * z).squareRoot()
  }
}
