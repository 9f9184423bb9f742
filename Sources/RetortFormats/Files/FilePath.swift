import Glibc

/// File paths as users write them.
package enum FilePath {
  /// The absolute form of `path`.
  ///
  /// - Parameters:
  ///   - path: A path relative to `folder`, an absolute one, or one in the user's home if it begins with
  ///     `~/`.
  ///   - folder: The base folder, itself relative to the working directory unless it is absolute.
  /// - Throws: `FormatError` if the home or the working directory is unknown.
  package static func absolute(_ path: String, in folder: String = "") throws(FormatError) -> String
  {
    let path = try expanded(path)
    if path.hasPrefix("/") { return text(path.split(separator: "/")) }
    let folder = try expanded(folder)
    if let real = realpath(folder.isEmpty ? "." : folder, nil) {
      defer { free(real) }
      return joined(String(cString: real), path)
    }
    if folder.hasPrefix("/") { return text("\(folder)/\(path)".split(separator: "/")) }
    guard let buffer = getcwd(nil, 0) else {
      throw FormatError(path, .system(call: "getcwd", code: errno))
    }
    defer { free(buffer) }
    return text("\(String(cString: buffer))/\(folder)/\(path)".split(separator: "/"))
  }

  /// `path` with a leading `~`, alone or before `/`, replaced by the user's home.
  ///
  /// - Throws: `FormatError` if the home is unknown.
  package static func expanded(_ path: String) throws(FormatError) -> String {
    guard path == "~" || path.hasPrefix("~/") else { return path }
    guard let home = getenv("HOME").map({ String(cString: $0) }), home.hasPrefix("/") else {
      throw FormatError(
        path,
        .unsupported(
          what: "'~' without the home folder in HOME", supported: "absolute and relative paths"))
    }
    return home + path.dropFirst()
  }

  /// The part before the last `/`; empty if there is none.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component, trailing slashes ignored; empty for the root.
  package static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }

  /// `path` below `folder`, which has no links in it, so that leading `..` components remove its last ones.
  private static func joined(_ folder: String, _ path: String) -> String {
    let (above, below) = (folder.split(separator: "/"), path.split(separator: "/"))
    let rest = below.drop { $0 == "." || $0 == ".." }
    let up = below.prefix(below.count - rest.count).count { $0 == ".." }
    return text(above.dropLast(up) + rest)
  }

  /// The absolute path of the given components; a `..` stays, as the component before it may be a link.
  private static func text(_ parts: [Substring]) -> String {
    "/" + parts.filter { $0 != "." }.joined(separator: "/")
  }
}
