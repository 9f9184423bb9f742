/// The arrays of a NumPy file: one in `.npy`, several by name in `.npz`.
package struct NumPyFile: Sendable {
  /// The file's path.
  package let path: String
  /// The names of the arrays, in the file's order; one empty name for an `.npy` file.
  package let names: [String]
  private let archive: ZipArchive?

  /// The largest file that is read, in bytes.
  private static let byteLimit = 1 << 36

  /// Opens the file at `path`, which its first bytes tell to be one array or several.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is of another kind.
  package init(_ path: String) throws(FormatError) {
    let head = try Self.head(of: path, 6)
    self.path = path
    guard ZipArchive.isZip(head) else {
      guard NumPyHeader.isNumPy(head) else {
        try ForeignFile.refuse(head, path: path)
        throw FormatError(
          path, .unsupported(what: "this kind of file", supported: "NumPy's .npy and .npz"))
      }
      (names, archive) = ([""], nil)
      return
    }
    let archive = try ZipArchive(path)
    self.archive = archive
    names = archive.entries.map(\.name).filter { $0.hasSuffix(".npy") }.map {
      String($0.dropLast(4))
    }
    guard !names.isEmpty else { throw FormatError(path, .empty) }
  }

  /// What the array `name` is, without its elements.
  ///
  /// - Throws: `FormatError` for an array that is damaged or no numbers.
  package func header(_ name: String = "") throws(FormatError) -> NumPyHeader {
    guard let archive else {
      return try NumPyHeader(Self.head(of: path, NumPyHeader.length), path: path)
    }
    let content = try archive.content(
      of: try entry(name, archive), prefix: NumPyHeader.length)
    return try NumPyHeader(content, path: label(name))
  }

  /// The array `name`, row-major and little-endian whatever the file's order.
  ///
  /// - Throws: `FormatError` for an array that is damaged, no numbers or larger than the memory.
  package func array(_ name: String = "") throws(FormatError) -> HostTensor {
    guard let archive else {
      return try Self.parse(FileBytes.read(path, limit: Self.byteLimit), path: path)
    }
    return try Self.parse(archive.content(of: entry(name, archive)), path: label(name))
  }

  /// The array of an `.npy` file in memory.
  ///
  /// - Throws: `FormatError`, as `array` does.
  package static func parse(_ bytes: [UInt8], path: String) throws(FormatError) -> HostTensor {
    let header = try NumPyHeader(bytes, path: path)
    let (type, shape) = (header.elementType, header.shape)
    guard let expected = HostTensor.byteCount(shape: shape, elementType: type) else {
      throw FormatError(path, in: "header", .sizeOverflow(shape: shape))
    }
    let available = bytes.count - header.start
    guard available >= expected else {
      throw FormatError(
        path, at: header.start, in: "elements",
        .truncated(needed: expected, available: available))
    }
    guard available == expected else {
      throw FormatError(
        path, at: header.start + expected, in: "elements", .trailingBytes(available - expected))
    }
    var elements = bytes[header.start...]
    let size = type.byteCount
    if header.isBigEndian, size > 1 {
      elements.withUnsafeMutableBytes { raw in
        for start in stride(from: 0, to: raw.count, by: size) {
          raw[start..<start + size].reverse()
        }
      }
    }
    if header.isFortran, shape.count > 1 { elements = rowMajor(elements, shape, size)[...] }
    return HostTensor(shape: shape, elementType: type, bytes: elements)
  }

  /// Elements whose first index changes fastest, in the order in which the last one does.
  private static func rowMajor(
    _ elements: ArraySlice<UInt8>, _ shape: [Int], _ size: Int
  ) -> [UInt8] {
    var strides: [Int] = []
    var step = 1
    for extent in shape {
      strides.append(step)
      step *= extent
    }
    return elements.elements(shape, strides: strides, width: size, size: elements.count)
  }

  private func label(_ name: String) -> String { "\(path): \(name)" }

  private func entry(
    _ name: String, _ archive: ZipArchive
  ) throws(FormatError) -> ZipArchive.Entry {
    guard let entry = archive.entries.first(where: { $0.name == name + ".npy" }) else {
      throw FormatError(path, .missingKey(name))
    }
    return entry
  }

  private static func head(of path: String, _ count: Int) throws(FormatError) -> [UInt8] {
    try FileBytes.withRegularFile(path) { (descriptor, size) throws(FormatError) in
      try FileBytes.part(of: descriptor, 0, min(count, size), path)
    }
  }
}
