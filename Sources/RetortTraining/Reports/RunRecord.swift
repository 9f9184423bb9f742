import Glibc
import RetortFormats

/// What a run's folder says of it, finished or not.
public struct RunRecord: Sendable {
  /// The folder's own name.
  public let name: String
  /// Its stages, in the order in which they began.
  package let stages: [StageRecord]
  /// The expanded recipe.
  package let recipe: String
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
    name = Self.lastComponent(of: folder)
    recipe = String(
      decoding: try FileBytes.read(folder + "/recipe.yaml", limit: 1 << 24), as: UTF8.self)
    let lines = try Self.lines(folder + "/metrics.jsonl")
    let points = lines.compactMap(\.self)
    damagedLines = lines.count - points.count
    var names: [String] = []
    for point in points where !names.contains(point.stage) { names.append(point.stage) }
    stages = try names.map { name throws(FormatError) in
      let home = folder + "/stages/" + name
      return try StageRecord(
        name, points: points.filter { $0.stage == name },
        home: access(home, F_OK) == 0 ? home : folder)
    }
  }

  /// The lines of `metrics.jsonl`, nil for what is none; a last one without an end does not count.
  private static func lines(_ path: String) throws(FormatError) -> [StageRecord.Point?] {
    guard FileBytes.isReadable(path) else { return [] }
    let bytes = try FileBytes.read(path, limit: 1 << 30)
    var lines: [StageRecord.Point?] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      let json = try? JSONValue.parse(bytes[start..<end], path: path)
      lines.append(json.flatMap(StageRecord.Point.init))
      start = end + 1
    }
    return lines
  }

  private static func lastComponent(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    let parts = String(cString: resolved).split(separator: "/")
    return parts.last.map(String.init) ?? "/"
  }
}
