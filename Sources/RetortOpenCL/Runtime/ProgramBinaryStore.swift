import Glibc

/// Compiled programs on disk, for drivers that have no such cache of their own.
///
/// An entry holds its whole key and a checksum; whatever is not exactly as expected is ignored and
/// the program is built from source. PoCL gets none: asking it for binaries compiles every kernel
/// once more, and its own cache knows the work-group sizes.
package struct ProgramBinaryStore: Sendable {
  private let folder: CacheFolder
  private static let magic = Array("RETORT-CL-1\n".utf8)
  private static let limit = 1 << 28  // bytes; the largest binary seen has a few million

  /// A store in `folder`.
  package init(folder: CacheFolder) { self.folder = folder }

  /// The user's store, `$XDG_CACHE_HOME/retort/kernels`; nil if there is no home folder.
  package static func standard() -> ProgramBinaryStore? {
    CacheFolder.standard("kernels").map(ProgramBinaryStore.init)
  }

  /// Everything that the binary depends on.
  static func key(of source: ProgramSource, on device: OpenCLDevice) -> [UInt8] {
    let parts = [
      device.name, device.driverVersion, device.platform.version, source.options, source.text,
    ]
    return Array(parts.joined(separator: "\u{0}").utf8)
  }

  private static func fileName(_ key: [UInt8]) -> String {
    String(FNV.hash(key), radix: 16) + "-" + String(FNV.hash(key.reversed()), radix: 16) + ".bin"
  }

  func contains(key: [UInt8]) -> Bool { read(key: key) != nil }

  func read(key: [UInt8]) -> [UInt8]? {
    guard let bytes = folder.read(Self.fileName(key), limit: Self.limit) else { return nil }
    let header = Self.header(key)
    guard bytes.count > header.count + 8, bytes.starts(with: header) else { return nil }
    let binary = Array(bytes[(header.count + 8)...])
    let expected = Self.bytes(of: FNV.hash(binary))
    return Array(bytes[header.count..<header.count + 8]) == expected ? binary : nil
  }

  func write(_ binary: [UInt8], key: [UInt8]) {
    folder.write(
      Self.header(key) + Self.bytes(of: FNV.hash(binary)) + binary, to: Self.fileName(key))
  }

  private static func header(_ key: [UInt8]) -> [UInt8] {
    magic + bytes(of: UInt64(key.count)) + key
  }

  private static func bytes(of value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
}
