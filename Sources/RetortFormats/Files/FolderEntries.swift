import Glibc

/// The entries of folders.
package enum FolderEntries {
  /// Whether `path` is a folder, not a link to one.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether `path` is a regular file, not a link to one.
  package static func isFile(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether `path` is a folder or a link to one.
  package static func leadsToFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names of the entries of the folder at `path`, in ascending order; none if there is no folder.
  ///
  /// - Throws: `FormatError.Fault.system` if it cannot be read.
  package static func names(_ path: String) throws(FormatError) -> [String] {
    guard let folder = opendir(path) else {
      guard errno == ENOENT else { throw FormatError(path, .system(call: "opendir", code: errno)) }
      return []
    }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FormatError(path, .system(call: "readdir", code: errno)) }
    return names.sorted()
  }
}
