import Glibc
import RetortFormats

/// The pictures of a folder with their labels, by the part of the set that they belong to.
struct PictureFolder {
  /// A picture's file and the name of its class.
  struct Picture: Equatable {
    let path: String
    let label: String
  }

  /// The pictures by part; those of a folder that has no parts are for training.
  private(set) var pictures: [DatasetPart: [Picture]] = [:]

  /// The parts whose pictures lie in their folder directly, so that nothing says their classes.
  private(set) var unlabelled: Set<DatasetPart> = []

  /// The pictures in the folder at `path`.
  ///
  /// A folder with a folder `train` in it has parts. The folders of a part, or of a folder without parts, are
  /// classes, and their pictures lie anywhere below them. Hidden files and folders are left out.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - labels: A table of files, as paths in the folder, and labels, which then says the classes; nil for
  ///     none.
  ///   - takesUnlabelled: Whether pictures to learn from may have no classes; then those of other parts may too.
  /// - Throws: `DataError` for a folder without pictures or classes, `DataError.format` for one that cannot be
  ///   read and for a table that is wrong.
  init(
    _ path: String, labels: String? = nil, takesUnlabelled: Bool = false
  ) throws(DataError) {
    guard FolderEntries.leadsToFolder(path) else {
      let code = FileBytes.size(path) == nil ? ENOENT : ENOTDIR
      throw .format(FormatError(path, .system(call: "opendir", code: code)))
    }
    let parts = try asDataError { () throws(FormatError) in try Self.parts(of: path) }
    if let labels {
      pictures = try asDataError { () throws(FormatError) in
        try Self.listed(in: labels, below: path, parts: parts)
      }
      return
    }
    for (part, folder) in parts.isEmpty ? [(.training, path)] : parts {
      let mayLack = takesUnlabelled && (part == .training || unlabelled.contains(.training))
      if mayLack, Self.isFlat(folder) {
        unlabelled.insert(part)
        pictures[part] = try asDataError { () throws(FormatError) in
          try PictureFile.all(below: folder).map { Picture(path: $0, label: "") }
        }
      } else {
        pictures[part] = try Self.classes(in: folder)
      }
    }
  }

  /// Whether nothing in the folder at `path` says the classes of the pictures to learn from.
  static func isUnlabelled(_ path: String) -> Bool {
    isFlat((try? parts(of: path))?.first?.folder ?? path)
  }

  /// Whether the folder at `path` has pictures and no folders.
  private static func isFlat(_ path: String) -> Bool {
    let names = ((try? FolderEntries.names(path)) ?? []).filter { !$0.hasPrefix(".") }
    return names.contains(where: PictureFile.isName)
      && !names.contains { FolderEntries.leadsToFolder("\(path)/\($0)") }
  }

  /// The folders of the parts; none where there is no training part.
  static func parts(of path: String) throws(FormatError) -> [(part: DatasetPart, folder: String)] {
    let names = try FolderEntries.names(path).filter {
      FolderEntries.leadsToFolder("\(path)/\($0)")
    }
    let found = DatasetPart.allCases.compactMap { part in
      part.names.first { names.contains($0) }.map { (part, "\(path)/\($0)") }
    }
    return found.contains { $0.0 == .training } ? found : []
  }

  /// The pictures of a folder that has one for each class.
  private static func classes(in folder: String) throws(DataError) -> [Picture] {
    let names = try asDataError { () throws(FormatError) in
      try FolderEntries.names(folder).filter { !$0.hasPrefix(".") }
    }
    let classes = names.filter { FolderEntries.leadsToFolder("\(folder)/\($0)") }
    guard !classes.isEmpty else {
      throw names.contains(where: PictureFile.isName) ? .unlabelled(folder) : .noPictures(folder)
    }
    var found: [Picture] = []
    for name in classes {
      let own = try asDataError { () throws(FormatError) in
        try PictureFile.all(below: "\(folder)/\(name)")
      }
      guard !own.isEmpty else { throw .noPictures("\(folder)/\(name)") }
      found += own.map { Picture(path: $0, label: name) }
    }
    return found
  }

  /// The pictures that a table of labels names.
  private static func listed(
    in table: String, below path: String, parts: [(part: DatasetPart, folder: String)]
  ) throws(FormatError) -> [DatasetPart: [Picture]] {
    var found: [DatasetPart: [Picture]] = [:]
    let rows = try LabelTable(table, isFile: PictureFile.isName).rows
    let folders = parts.map { ($0.part, FilePath.name(of: $0.folder) + "/") }
    let hasParts = rows.contains { row in folders.contains { row.file.hasPrefix($0.1) } }
    for row in rows {
      let part = folders.first { row.file.hasPrefix($0.1) }?.0
      guard part != nil || !hasParts else {
        throw FormatError(
          table, in: "line \(row.line)",
          .unsupported(
            what: "a file outside the parts of the set",
            supported: folders.map(\.1).joined(separator: ", ")))
      }
      let file = row.file.hasPrefix("/") ? row.file : "\(path)/\(row.file)"
      found[part ?? .training, default: []].append(Picture(path: file, label: row.label))
    }
    return found
  }
}

/// Files of pictures by their names.
package enum PictureFile {
  /// Whether a file's name is that of a picture, of a kind that is read or not.
  package static func isName(_ name: String) -> Bool {
    let name = name.lowercased()
    return suffixes.contains { name.hasSuffix($0) }
  }

  /// PNG, JPEG and WebP first; the others are refused where they are read, rather than passed over.
  private static let suffixes = [
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif",
  ]

  /// The pictures below the folder at `path`, in the order of their names; links are followed.
  ///
  /// - Throws: `FormatError` for a folder that cannot be read, and for one within too many others.
  package static func all(below path: String, depth: Int = 0) throws(FormatError) -> [String] {
    guard depth < 32 else { throw FormatError(path, .system(call: "opendir", code: ELOOP)) }
    var found: [String] = []
    for name in try FolderEntries.names(path) where !name.hasPrefix(".") {
      let inner = "\(path)/\(name)"
      if FolderEntries.leadsToFolder(inner) {
        found += try all(below: inner, depth: depth + 1)
      } else if isName(name) {
        found.append(inner)
      }
    }
    return found
  }
}
