/// How the rows and columns of stored samples lie in the picture that is meant; raw values are those of EXIF.
///
/// Source: CIPA DC-008 (Exif 2.32), tag 274.
package enum ImageOrientation: UInt16, Sendable {
  case upright = 1, mirrored, upsideDown, flipped, transposed, turnedLeft, transversed, turnedRight

  /// Whether the picture's width is the stored height.
  package var swapsSides: Bool { rawValue >= ImageOrientation.transposed.rawValue }

  /// The stored place of the picture's pixel in `row` and `column`; sizes are those of what is stored.
  func place(of row: Int, _ column: Int, height: Int, width: Int) -> (row: Int, column: Int) {
    switch self {
    case .upright: (row, column)
    case .mirrored: (row, width - 1 - column)
    case .upsideDown: (height - 1 - row, width - 1 - column)
    case .flipped: (height - 1 - row, column)
    case .transposed: (column, row)
    case .turnedLeft: (height - 1 - column, row)
    case .transversed: (height - 1 - column, width - 1 - row)
    case .turnedRight: (column, width - 1 - row)
    }
  }

  /// The orientation in the payload of a JPEG file's APP1 segment; nil if it says none.
  init?(exif bytes: [UInt8]) {
    guard bytes.starts(with: Array("Exif\0\0".utf8)), bytes.count >= 14 else { return nil }
    let tiff = Array(bytes[6...])
    let isBig = tiff.starts(with: Array("MM".utf8))
    guard isBig || tiff.starts(with: Array("II".utf8)) else { return nil }
    func number(_ start: Int, _ count: Int) -> Int? {
      guard start >= 0, start + count <= tiff.count else { return nil }
      let own = tiff[start..<start + count]
      return (isBig ? Array(own) : own.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(start, 2) else { return nil }
      guard tag == 0x0112 else { continue }
      guard let value = number(start + 8, 2), let known = ImageOrientation(rawValue: UInt16(value))
      else { return nil }
      self = known
      return
    }
    return nil
  }
}
