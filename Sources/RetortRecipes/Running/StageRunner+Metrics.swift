import RetortFormats
import RetortTraining

extension StageRunner {
  /// Adds a line of training losses to `metrics.jsonl`.
  func log(_ progress: TrainingProgress) throws {
    let losses = progress.losses.dropFirst().map { JSONValue.Member($0.name, .real($0.value)) }
    try append(
      .record(
        ("stage", .string(stage.name)), ("step", .integer(progress.step)),
        ("epoch", .integer(progress.epoch)), ("seconds", .real(progress.seconds)),
        ("split", .string("train")), ("loss", .real(progress.losses.first?.value ?? .nan)),
        ("losses", .object(losses)), ("learningRate", .real(progress.learningRate)),
        ("examplesPerSecond", .real(progress.examplesPerSecond))))
  }

  /// Adds a line of test accuracy to `metrics.jsonl`.
  func log(_ step: Int, _ accuracy: Double) throws {
    try append(
      .record(
        ("stage", .string(stage.name)), ("step", .integer(step)), ("split", .string("test")),
        ("accuracy", .real(accuracy))))
  }

  /// Drops the stage's lines after `step`, which come again, and one that was half written.
  func dropMetrics(after step: Int) throws {
    let path = parent.folder.file(metricsName)
    guard FileBytes.isReadable(path) else { return }
    let lines = try FileBytes.read(path).split(separator: UInt8(ascii: "\n")).filter { line in
      guard let entry = try? JSONValue.parse(line, path: path) else { return false }
      return entry["stage"]?.string != stage.name || entry["step"]?.int ?? 0 <= step
    }
    let text = lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    try parent.folder.write(text, to: metricsName)
  }

  private func append(_ line: JSONValue) throws {
    try parent.folder.append(line: line.text, to: metricsName)
  }
}

private let metricsName = "metrics.jsonl"
