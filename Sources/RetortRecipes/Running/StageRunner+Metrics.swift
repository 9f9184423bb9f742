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

  private func append(_ line: JSONValue) throws {
    try parent.folder.append(line: line.text, to: "metrics.jsonl")
  }
}
