import RetortDistillation
import RetortFormats
import RetortRecipes

/// Finds a trained model where a path leads: to a file of weights, or to the folder of a model, a stage or
/// a run, whichever player was trained there.
public enum ModelLocation {
  /// The file of weights that `path` means.
  ///
  /// - Parameters:
  ///   - path: A file, or a folder. `~` is the user's home.
  ///   - role: What the model is to be; a folder's teacher may become a student and the other way round.
  ///     Nil for what was trained, a student before a teacher before a generator before a discriminator.
  /// - Returns: `path` itself where it is no folder, readable or not.
  /// - Throws: `ModelLocationError` where a folder has no such model or several, `FormatError` where it
  ///   cannot be read.
  static func weights(_ path: String, for role: Cast.Role? = nil) throws -> String {
    let path = try trimmed(FilePath.expanded(path))
    guard FolderEntries.leadsToFolder(path) else { return path }
    if FileBytes.isReadable(path + "/" + weightsName) { return path + "/" + weightsName }
    let roles: [Cast.Role] =
      switch role {
      case .generator: [.generator]
      case .discriminator: [.discriminator]
      case .teacher: [.teacher, .student]
      case .student: [.student, .teacher]
      case nil: [.student, .teacher, .generator, .discriminator]
      }
    for role in roles {
      // The student at the top of a run of several stages is the last one.
      let own = try models(role, in: path)
      let found = own.isEmpty ? try stages(in: path).flatMap { try models(role, in: $0) } : own
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw ModelLocationError.several(path, found.map(FilePath.folder))
      }
    }
    throw ModelLocationError.none(path, role: role?.rawValue)
  }

  private static let weightsName = "model.safetensors"

  /// The models of a role that were trained in a stage's folder; students may be several.
  private static func models(
    _ role: Cast.Role, in folder: String
  ) throws(FormatError) -> [String] {
    var found = ["\(folder)/\(role.rawValue)"]
    let several = folder + "/students"
    if role == .student, FolderEntries.leadsToFolder(several) { found += try folders(in: several) }
    return found.map { "\($0)/\(weightsName)" }.filter(FileBytes.isReadable)
  }

  /// The folders of the stages and variants of a run, or of the variants of a stage.
  private static func stages(in path: String) throws(FormatError) -> [String] {
    let stages = path + "/stages"
    guard FolderEntries.leadsToFolder(stages) else { return try folders(in: path) }
    var found: [String] = []
    for stage in try folders(in: stages) { found += [stage] + (try folders(in: stage)) }
    return found
  }

  private static func folders(in path: String) throws(FormatError) -> [String] {
    try FolderEntries.names(path).map { "\(path)/\($0)" }.filter(FolderEntries.isFolder)
  }

  /// `path` without slashes at its end.
  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}

/// Why a path leads to no trained model.
public enum ModelLocationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A folder has no trained model, or none of this role.
  case none(String, role: String?)
  /// A folder has several.
  case several(String, [String])
  /// A file of weights lies alone, so that nobody says of what model they are.
  case noConfiguration(String)

  /// One line: what, where, and the way out.
  public var description: String {
    switch self {
    case .none(let path, let role):
      "\(path) holds no trained \(role ?? "model"); name a file of weights, or the folder of a model, of a "
        + "stage that has ended, or of a run"
    case .several(let path, let folders):
      "\(path) holds several trained models; name one of \(folders.joined(separator: ", "))"
    case .noConfiguration(let path):
      "\(path) has no config.json beside it, which says what model the weights are of; name the "
        + "folder of a model that a run has written"
    }
  }
}
