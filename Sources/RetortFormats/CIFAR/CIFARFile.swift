/// Pictures of a binary file of CIFAR: 32×32 pixels in three colours, with one label each or two.
///
/// A record is the labels, a byte each, and 1024 red, 1024 green and 1024 blue samples, row by row.
///
/// Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images", and the page of the sets.
package struct CIFARFile: Equatable, Sendable {
  /// The side of a picture in pixels.
  package static let side = 32
  /// The samples, `[count, 32, 32, 3]`.
  package private(set) var images: [UInt8] = []
  /// The label of each picture at the chosen place.
  package private(set) var labels: [UInt8] = []

  /// Reads the file at `path`, plain or gzip.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - labelCount: The labels of a record, 1 or 2.
  ///   - chosen: Which of them is taken, from 0.
  /// - Throws: `FormatError` for a file that cannot be read or is not whole records.
  package init(_ path: String, labelCount: Int, chosen: Int) throws(FormatError) {
    var bytes = try FileBytes.read(path, limit: 1 << 28)
    if Gzip.isGzip(bytes) { bytes = try Gzip.inflate(bytes, limit: 1 << 28, path: path) }
    try self.init(bytes, labelCount: labelCount, chosen: chosen, path: path)
  }

  /// The pictures in `bytes`, read from `path`.
  ///
  /// - Throws: `FormatError` for bytes that are not whole records.
  package init(
    _ bytes: [UInt8], labelCount: Int, chosen: Int, path: String
  ) throws(FormatError) {
    guard !bytes.isEmpty else { throw FormatError(path, .empty) }
    try ForeignFile.refuse(bytes, path: path)
    let plane = Self.side * Self.side
    let record = labelCount + 3 * plane
    let (count, rest) = bytes.count.quotientAndRemainder(dividingBy: record)
    guard rest == 0 else {
      throw FormatError(
        path, at: count * record, in: "record \(count)",
        .truncated(needed: record, available: rest))
    }
    labels = (0..<count).map { bytes[$0 * record + chosen] }
    images = [UInt8](unsafeUninitializedCapacity: count * 3 * plane) { target, filled in
      bytes.withUnsafeBufferPointer { source in
        for index in 0..<count {
          let start = index * record + labelCount
          for pixel in 0..<plane {
            let place = (index * plane + pixel) * 3
            for channel in 0..<3 {
              target[place + channel] = source[start + channel * plane + pixel]
            }
          }
        }
      }
      filled = count * 3 * plane
    }
  }
}
