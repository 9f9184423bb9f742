import Foundation

/// The files of this package.
enum SourceTree {
  /// The folder that holds `Package.swift`.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The text of the file at `path`, relative to the root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Paths of all files under `folder` with the given extension, relative to the root, sorted.
  static func files(_ folder: String, _ pathExtension: String) throws -> [String] {
    let names = try FileManager.default.subpathsOfDirectory(
      atPath: root.appendingPathComponent(folder).path)
    return names.filter { $0.hasSuffix("." + pathExtension) }.map { "\(folder)/\($0)" }.sorted()
  }

  /// Names of the folders directly in `folder`, sorted.
  static func folders(_ folder: String) throws -> [String] {
    let place = root.appendingPathComponent(folder)
    return try FileManager.default.contentsOfDirectory(atPath: place.path).filter { name in
      var isFolder: ObjCBool = false
      let path = place.appendingPathComponent(name).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}
