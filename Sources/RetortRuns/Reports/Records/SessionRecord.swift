import RetortFormats

/// One process that worked on a run: a line of `sessions.jsonl`.
package struct SessionRecord: Sendable {
  /// The file's name in the run's folder.
  package static let fileName = "sessions.jsonl"

  /// The start time, ISO 8601 in UTC.
  package var began: String
  /// The command line, quoted for a shell; nil if a program called the library.
  package var command: String?
  package var device: String?
  /// The version of Retort.
  package var version: String?
  /// The revision that Retort was built from; nil if unknown.
  package var revision: String?

  package init(
    began: String, command: [String], device: String, version: String, revision: String?
  ) {
    (self.began, self.device, self.version) = (began, device, version)
    self.command = command.isEmpty ? nil : command.map(\.shellWord).joined(separator: " ")
    self.revision = revision
  }

  /// The session described by a line; nil if it is not valid.
  init?(_ json: JSONValue) {
    guard let began = json["began"]?.string else { return nil }
    self.began = began
    (command, device) = (json["command"]?.string, json["device"]?.string)
    (version, revision) = (json["version"]?.string, json["revision"]?.string)
  }

  /// The session as a line of JSON.
  package var json: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return .record(
      ("began", .string(began)), ("command", text(command)), ("device", text(device)),
      ("version", text(version)), ("revision", text(revision)))
  }
}
