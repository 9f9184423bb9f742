import Glibc
import RetortFormats

/// What a run's folder tells of it, finished or not.
public struct RunRecord: Sendable {
  /// The folder's own name, with those above it where others would have the same.
  public private(set) var name: String
  /// The names on the way to the folder, its own last.
  private let components: [String]
  /// Its stages, in the order in which they began.
  package let stages: [StageRecord]
  /// The expanded recipe.
  package let recipe: RecipeText
  /// The processes that worked at it, in order; none where that was not recorded.
  package let sessions: [SessionRecord]
  /// How many lines of `metrics.jsonl` are no metrics, as a crash may leave them.
  package let damagedLines: Int

  /// Reads the folder at `path`.
  ///
  /// - Throws: `FormatError` if it is no run's folder or a file in it is damaged.
  public init(_ path: String) throws(FormatError) {
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard FileBytes.isReadable(folder + "/recipe.yaml") else {
      throw FormatError(
        folder, .unsupported(what: "a folder without recipe.yaml", supported: "folders of runs"))
    }
    components = Self.components(of: folder)
    name = components.last ?? "/"
    let recipe = RecipeText(
      String(
        decoding: try FileBytes.read(folder + "/recipe.yaml", limit: 1 << 24), as: UTF8.self))
    self.recipe = recipe
    sessions = try Self.sessions(folder + "/" + SessionRecord.fileName)
    let lines = try MetricLines(folder + "/metrics.jsonl")
    damagedLines = lines.damaged
    stages = try lines.stages.map { stage throws(FormatError) in
      try StageRecord(stage, recipe, home: Self.home(of: stage.name, in: folder))
    }
  }

  /// Where a stage's files lie: in a folder of its name, or in the run's own if that has one stage.
  ///
  /// Nil for names that lead elsewhere.
  private static func home(of stage: String, in folder: String) -> String? {
    guard FolderEntries.isFolder(folder + "/stages") else { return folder }
    let parts = stage.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !["", ".", ".."].contains($0) }) else { return nil }
    return folder + "/stages/" + stage
  }

  /// The sessions of the file at `path`; what is no session is left out.
  private static func sessions(_ path: String) throws(FormatError) -> [SessionRecord] {
    guard FileBytes.isReadable(path) else { return [] }
    let bytes = try FileBytes.read(path, limit: 1 << 24)
    var records: [SessionRecord] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSONValue.parse(line, path: path) else { continue }
      try JSONShape.session.check(json, path: path)
      if let record = SessionRecord(json) { records.append(record) }
    }
    return records
  }

  private static func components(of path: String) -> [String] {
    guard let resolved = realpath(path, nil) else { return [path] }
    defer { free(resolved) }
    return String(cString: resolved).split(separator: "/").map(String.init)
  }

  /// `runs` with names that tell them apart, as far as their folders do.
  static func distinct(_ runs: [RunRecord]) -> [RunRecord] {
    var runs = runs
    let longest = runs.map(\.components.count).max() ?? 0
    for length in 2..<max(2, longest + 1) {
      let twins = Dictionary(grouping: runs.indices) { runs[$0].name }.values.filter { twins in
        Set(twins.map { runs[$0].components }).count > 1
      }
      for index in twins.joined() {
        runs[index].name = runs[index].components.suffix(length).joined(separator: "/")
      }
    }
    return runs
  }

  /// What the last stage that ended tells of where it ran.
  private var last: ResultRecord? { stages.compactMap(\.result).last }

  /// The device on which the last stage ended.
  var device: String? { last?.device }

  /// What its random numbers depend on.
  var seed: String? { last?.seed }

  /// The version of Retort that ended the last stage.
  var version: String? { last?.version }

  /// What tells its recipe from others.
  var recipeSHA256: String? { last?.recipeSHA256 }

  /// How long all stages trained, in seconds.
  var seconds: Double? {
    // Models that one stage trains share its time.
    var counted: Set<String> = []
    let seconds = stages.filter { counted.insert($0.stage).inserted }.compactMap(\.result?.seconds)
    return seconds.isEmpty ? nil : Sample.limited(seconds.reduce(0, +))
  }
}
