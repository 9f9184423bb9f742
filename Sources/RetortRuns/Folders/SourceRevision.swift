import Glibc
import RetortFormats

/// The source revision that a program was built from.
package enum SourceRevision {
  /// The revision of this program; nil if unknown.
  package static var current: String? {
    guard let path = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(path) }
    return of(program: String(cString: path))
  }

  /// The revision of the program at `path`: the content of a file `REVISION` beside it, or the commit of the
  /// Git checkout whose build folder contains it.
  ///
  /// nil if there is neither, or if the checkout has changed since the program was built.
  package static func of(program path: String) -> String? {
    let folder = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    if let packed = line(folder + "/REVISION") { return packed }
    guard let build = path.firstRange(of: "/.build") else { return nil }
    let root = String(path[..<build.lowerBound])
    guard let git = gitFolder(root + "/.git"), let head = line(git + "/HEAD"),
      let built = modified(path), modified(git + "/logs/HEAD").map({ $0 <= built }) ?? true
    else { return nil }
    guard head.hasPrefix("ref: ") else { return isHash(head) ? head : nil }
    let reference = String(head.dropFirst(5))
    // Additional worktrees keep their branches in the main one's folder.
    let common = line(git + "/commondir").map { $0.hasPrefix("/") ? $0 : git + "/" + $0 } ?? git
    if let commit = line(common + "/" + reference) { return isHash(commit) ? commit : nil }
    return packed(reference, in: common + "/packed-refs")
  }

  /// The Git folder of a checkout; for a worktree, `.git` is a file with its path.
  private static func gitFolder(_ path: String) -> String? {
    if FolderEntries.isFolder(path) { return path }
    guard let text = line(path), text.hasPrefix("gitdir: ") else { return nil }
    return String(text.dropFirst(8))
  }

  private static func packed(_ reference: String, in path: String) -> String? {
    let entry = text(path)?.split(separator: "\n").first { $0.hasSuffix(" " + reference) }
    return entry.map { String($0.prefix { $0 != " " }) }.flatMap { isHash($0) ? $0 : nil }
  }

  private static func isHash(_ text: String) -> Bool {
    text.count >= 40 && text.allSatisfy(\.isHexDigit)
  }

  /// The first line of a file; nil if there is none.
  private static func line(_ path: String) -> String? {
    text(path)?.split(separator: "\n").first.map(String.init)
  }

  private static func text(_ path: String) -> String? {
    guard FileBytes.isReadable(path), let bytes = try? FileBytes.read(path, limit: 1 << 24) else {
      return nil
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The modification time of a file, in seconds since 1970.
  private static func modified(_ path: String) -> Double? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
  }
}
