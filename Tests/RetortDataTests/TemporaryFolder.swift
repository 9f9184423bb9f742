import Glibc
import RetortFormats
import Testing

/// A folder that lives as long as this value, with whatever is put into it.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/retort-data-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    Self.remove(path)
  }

  /// Writes a file and the folders above it.
  func write(_ bytes: [UInt8], to name: String) throws {
    let full = "\(path)/\(name)"
    let slash = full.lastIndex(of: "/") ?? full.startIndex
    try AtomicFile.makeDirectories(String(full[..<slash]))
    try AtomicFile.write(bytes, to: full)
  }

  /// The names in the folder, hidden ones left out.
  var entries: [String] { Self.names(in: path).filter { !$0.hasPrefix(".") }.sorted() }

  private static func remove(_ path: String) {
    guard unlink(path) != 0 else { return }
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
