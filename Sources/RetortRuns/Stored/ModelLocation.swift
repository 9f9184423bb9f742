import RetortDistillation
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes

/// The search for a trained model by a path to a file of weights, or to the folder of a model, a stage or a
/// run.
public enum ModelLocation {
  /// The file of weights at `path`.
  ///
  /// - Parameters:
  ///   - path: A file or folder. `~` is the user's home.
  ///   - role: The role that the model is for; a student may come from a folder's teacher and vice versa. nil
  ///     for the trained model, with students preferred to teachers, generators and discriminators.
  /// - Returns: `path` itself unless it is a folder, whether or not it can be read.
  /// - Throws: `ModelLocationError` if a folder has no such model or several, `FormatError` if it cannot be
  ///   read.
  package static func weights(_ path: String, for role: Cast.Role? = nil) throws -> String {
    let path = try trimmed(FilePath.expanded(path))
    guard FolderEntries.leadsToFolder(path) else { return path }
    let names =
      [ModelFiles.weightsName, SafetensorsIndex.name, WeightFile.pyTorchName]
      + [WeightFile.pyTorchName + ".index.json"]
    for name in names
    where FileBytes.isReadable("\(path)/\(name)") {
      return "\(path)/\(name)"
    }
    let roles: [Cast.Role] =
      switch role {
      case .generator: [.generator]
      case .discriminator: [.discriminator]
      case .teacher: [.teacher, .student]
      case .student: [.student, .teacher]
      case nil: [.student, .teacher, .generator, .discriminator]
      }
    for role in roles {
      // The student at the top of a run of several stages is that of the last stage.
      let own = try models(role, in: path)
      let found = own.isEmpty ? try stages(in: path).flatMap { try models(role, in: $0) } : own
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw ModelLocationError.several(path, found.map(FilePath.folder))
      }
    }
    throw ModelLocationError.none(path, role: role?.rawValue)
  }

  /// The weights in a safetensors file or one of PyTorch's, in those that an index names, or in an ONNX file.
  ///
  /// - Throws: `FormatError`, or `BackendError.memory` where this machine cannot hold them in float32.
  static func read(_ file: String) throws -> [NamedWeights] {
    if ONNXImport.isPath(file) { return try ONNXImport(file).weights() }
    var found: [NamedWeights] = []
    try forEachPart(of: file) { found += try $0.weights() }
    return found
  }

  /// Passes the content of a file of weights, or of those that an index names one after another, to `body`.
  ///
  /// - Throws: `FormatError`, and what `body` throws.
  package static func forEachPart(
    of file: String, _ body: (Safetensors) throws -> Void
  ) throws {
    guard SafetensorsIndex.isIndex(file) else {
      try body(WeightFile.read(file))
      return
    }
    let index = try SafetensorsIndex(file)
    for path in index.files {
      let part = try WeightFile.read(path)
      try index.check(part)
      try body(part)
    }
  }

  /// The files that hold the weights at `file`, itself included.
  ///
  /// - Throws: `FormatError` for an index that is damaged.
  static func files(of file: String) throws(FormatError) -> [String] {
    SafetensorsIndex.isIndex(file) ? [file] + (try SafetensorsIndex(file).files) : [file]
  }

  /// The models of a role trained in a stage's folder; there may be several students.
  private static func models(
    _ role: Cast.Role, in folder: String
  ) throws(FormatError) -> [String] {
    var found = ["\(folder)/\(role.rawValue)"]
    let several = folder + "/students"
    if role == .student, FolderEntries.leadsToFolder(several) { found += try folders(in: several) }
    return found.map { "\($0)/\(ModelFiles.weightsName)" }.filter(FileBytes.isReadable)
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

  /// `path` without trailing slashes.
  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}

/// A reason why a path leads to no trained model.
public enum ModelLocationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A folder has no trained model, or none for this role.
  case none(String, role: String?)
  /// A folder has several models.
  case several(String, [String])
  /// A file of weights has no `config.json` beside it.
  case noConfiguration(String)

  /// One line: the path, the fault, and a remedy.
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
