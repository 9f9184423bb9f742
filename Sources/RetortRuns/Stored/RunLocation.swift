import RetortDistillation
import RetortFormats
import RetortRecipes

/// The run that a path leads into: to its folder, or to a stage, a model or a file of weights in it.
public struct RunLocation: Equatable, Sendable {
  /// The run's folder, which has a `recipe.yaml`.
  public let folder: String
  /// The stage that the path leads to, or the common prefix of several stages' names; nil for the whole run.
  public let stage: String?
  /// The name of one of several students that the path leads to; nil for none.
  public let student: String?

  /// The run at or above `path`; nil if there is none.
  ///
  /// `~` is the user's home.
  ///
  /// - Throws: `FormatError` if the home is unknown.
  public init?(_ path: String) throws(FormatError) {
    var folder = try FilePath.expanded(path)
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    if FileBytes.isReadable(folder + "/recipe.yaml") {
      (self.folder, stage, student) = (folder, nil, nil)
      return
    }
    guard FolderEntries.leadsToFolder(folder) || folder.hasSuffix(".safetensors") else {
      return nil
    }
    // The weights of a student in a variant of a stage lie six levels below the run.
    var inner: [Substring] = []
    folder = try FilePath.absolute(folder)
    for _ in 0..<6 {
      guard let slash = folder.lastIndex(of: "/") else { break }
      inner.insert(folder[folder.index(after: slash)...], at: 0)
      folder = String(folder[..<slash])
      guard FileBytes.isReadable(folder + "/recipe.yaml") else { continue }
      let roles = Cast.Role.allCases.map(\.rawValue) + ["students"]
      let stages = inner.dropFirst().prefix { !roles.contains(String($0)) && $0 != "checkpoints" }
      guard let first = inner.first, first == "stages" || roles.contains(String(first)) else {
        break
      }
      self.folder = folder
      student = inner.firstIndex(of: "students").flatMap { index in
        inner.dropFirst(index + 1).first.map(String.init)
      }
      stage = first == "stages" && !stages.isEmpty ? stages.joined(separator: "/") : nil
      return
    }
    return nil
  }
}
