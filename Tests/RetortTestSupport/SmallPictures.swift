import Foundation
import RetortFormats

/// A dataset in the form of Fashion-MNIST, but of a few pictures.
package enum SmallPictures {
  /// Calls `body` with a folder of its own that has them under `pictures`, and removes it.
  package static func withFolder(_ body: (String) throws -> Void) throws {
    let home = try temporaryFolder().path
    defer { try? FileManager.default.removeItem(atPath: home) }
    try write(to: home + "/pictures")
    try body(home)
  }

  /// Writes `training` training and 40 test pictures of ten classes to `folder`, which is made.
  ///
  /// Class c is a bar whose height and place tell it from the others, with some texture.
  package static func write(to folder: String, training: Int = 60) throws {
    try AtomicFile.makeDirectories(folder)
    for (part, count) in [("train", training), ("t10k", 40)] {
      let pixels = (0..<count * 784).map { index in
        let (image, row, column) = (index / 784, index / 28 % 28, index % 28)
        let isBar = (row + image) % 28 < 4 + 2 * (image % 10) && column > image % 10
        return UInt8((isBar ? 180 : 20) + (index * 37 + image * 11) % 50)
      }
      let labels = (0..<count).map { UInt8($0 % 10) }
      try AtomicFile.write(
        IDX(shape: [count, 28, 28], bytes: pixels[...]).encoded(),
        to: "\(folder)/\(part)-images-idx3-ubyte")
      try AtomicFile.write(
        IDX(shape: [count], bytes: labels[...]).encoded(),
        to: "\(folder)/\(part)-labels-idx1-ubyte")
    }
  }
}
