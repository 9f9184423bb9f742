import Glibc
import RetortFormats

/// What a run's folder says of it, finished or not.
public struct RunRecord: Sendable {
  /// The folder's own name.
  public let name: String
  /// Its stages, in the order in which they began.
  package let stages: [StageRecord]
  /// The expanded recipe; empty if the folder has none.
  package let recipe: String

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
    let points = try Self.points(folder + "/metrics.jsonl")
    var names: [String] = []
    for point in points where !names.contains(point.stage) { names.append(point.stage) }
    stages = try names.map { name throws(FormatError) in
      let home = folder + "/stages/" + name
      return try StageRecord(
        name, points: points.filter { $0.stage == name },
        home: access(home, F_OK) == 0 ? home : folder)
    }
  }

  /// The lines of `metrics.jsonl`; a last one that was not finished does not count.
  private static func points(_ path: String) throws(FormatError) -> [StageRecord.Point] {
    guard FileBytes.isReadable(path) else { return [] }
    let bytes = try FileBytes.read(path, limit: 1 << 30)
    var points: [StageRecord.Point] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      let json = try JSONValue.parse(bytes[start..<end], path: path)
      guard let point = StageRecord.Point(json) else {
        throw FormatError(path, at: start, .corrupt("the line is no object with stage and step"))
      }
      points.append(point)
      start = end + 1
    }
    return points
  }

  private static func lastComponent(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    let parts = String(cString: resolved).split(separator: "/")
    return parts.last.map(String.init) ?? "/"
  }
}
