import Glibc
import RetortFormats

/// The record of a run, finished or not, read from its folder.
public struct RunRecord: Sendable {
  /// The folder's name, with parent folders if needed to tell runs apart.
  public private(set) var name: String
  /// The components of the folder's path, its own name last.
  private let components: [String]
  /// The stages, in the order of their beginning.
  package let stages: [StageRecord]
  /// The expanded recipe.
  package let recipe: RecipeText
  /// The sessions of the run, in order; empty if they were not recorded.
  package let sessions: [SessionRecord]
  /// The number of invalid lines in `metrics.jsonl`, which a crash may leave.
  package let damagedLines: Int

  /// Reads the folder at `path`.
  ///
  /// `recipe.yaml` and the `result.json` beside it, which has the results of all stages, are enough, as an archive of
  /// results keeps them; curves and pictures need the other files.
  ///
  /// - Throws: `FormatError` if it is not a run's folder or a file in it is damaged.
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
    let kept = lines.stages.isEmpty ? try Self.results(folder + "/result.json") : []
    stages =
      try lines.stages.map { stage throws(FormatError) in
        try StageRecord(stage, recipe, home: Self.home(of: stage.name, in: folder))
      }
      + kept.map { stage, result throws(FormatError) in
        try StageRecord(
          stage, recipe, home: Self.home(of: stage.name, in: folder), kept: result)
      }
  }

  /// The stages in the run's `result.json` at `path`, one for each of several students; none without the file.
  private static func results(
    _ path: String
  ) throws(FormatError) -> [(stage: MetricLines.Stage, result: JSONValue)] {
    guard FileBytes.isReadable(path) else { return [] }
    let json = try JSONValue.read(path, limit: 1 << 22)
    try JSONShape.result.check(json, path: path)
    return (json["stages"]?.array ?? [json]).flatMap { result in
      guard let name = result["stage"]?.string else {
        return [(stage: MetricLines.Stage, result: JSONValue)]()
      }
      let students: [String?] = result["students"]?.members?.map(\.key) ?? []
      return (students.isEmpty ? [nil] : students).map { (MetricLines.Stage(name, $0), result) }
    }
  }

  /// The folder of a stage's files: one of its name, or the run's own if there is only one stage.
  ///
  /// nil for names that lead elsewhere.
  private static func home(of stage: String, in folder: String) -> String? {
    guard FolderEntries.isFolder(folder + "/stages") else { return folder }
    let parts = stage.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !["", ".", ".."].contains($0) }) else { return nil }
    return folder + "/stages/" + stage
  }

  /// The sessions in the file at `path`; invalid lines are skipped.
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

  /// `runs` with unique names, as far as their folders differ.
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

  /// The result of the last completed stage.
  private var last: ResultRecord? { stages.compactMap(\.result).last }

  /// The device of the last completed stage.
  var device: String? { last?.device }

  /// The seed of the run's random numbers.
  var seed: String? { last?.seed }

  /// The version of Retort that completed the last stage.
  var version: String? { last?.version }

  /// The hash of the run's recipe.
  var recipeSHA256: String? { last?.recipeSHA256 }

  /// The training time of all stages, in seconds.
  var seconds: Double? {
    // Models of one stage share its time.
    var counted: Set<String> = []
    let seconds = stages.filter { counted.insert($0.stage).inserted }.compactMap(\.result?.seconds)
    return seconds.isEmpty ? nil : Sample.limited(seconds.reduce(0, +))
  }
}
