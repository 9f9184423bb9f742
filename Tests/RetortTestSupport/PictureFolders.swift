import Foundation
import RetortFormats

/// Pictures of three classes in folders of their names, few and of several sizes.
package enum PictureFolders {
  /// The classes in the order of their numbers.
  package static let classNames = ["bird", "cat", "dog"]

  /// Recorded pictures beside what Pillow makes of them.
  package static let goldens = Goldens.folder + "/pictures"

  /// Calls `body` with a folder of its own, and removes it.
  package static func withFolder(_ body: (String) throws -> Void) throws {
    let home = try temporaryFolder().path
    defer { try? FileManager.default.removeItem(atPath: home) }
    try body(home)
  }

  /// Writes `count` PNG pictures of each class and a JPEG to folders in `folder`, which are made.
  ///
  /// A class's pictures are brighter in one colour, among some texture.
  ///
  /// - Parameter start: What tells the pictures from those of another part.
  package static func write(to folder: String, count: Int = 6, from start: Int = 0) throws {
    let recorded = ["wide.jpg", "progressive.jpg", "turned6.jpg"]
    for (number, name) in classNames.enumerated() {
      try AtomicFile.makeDirectories("\(folder)/\(name)/more")
      for index in start..<start + count {
        let picture = picture(number, index)
        let below = index % 2 == 0 ? name : name + "/more"
        try picture.write(to: "\(folder)/\(below)/\(index).png")
      }
      try FileManager.default.copyItem(
        atPath: "\(goldens)/\(recorded[number])", toPath: "\(folder)/\(name)/photo.JPG")
    }
  }

  /// Picture `index` of class `number`.
  package static func picture(_ number: Int, _ index: Int) -> PNGImage {
    let (height, width) = (9 + index % 4 * 5, 8 + index % 3 * 6)
    let pixels = (0..<height * width * 3).map { place in
      UInt8((place % 3 == number ? 190 : 20) + (place * 37 + index * 11) % 60)
    }
    return PNGImage(width: width, height: height, channels: 3, pixels: pixels)
  }
}
