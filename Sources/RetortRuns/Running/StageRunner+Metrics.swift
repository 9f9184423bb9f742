import RetortFormats
import RetortTraining

extension StageRunner {
  /// Adds the training losses to `metrics.jsonl` and the event file.
  func log(_ progress: TrainingProgress) throws {
    let losses = progress.losses.dropFirst().map { JSONValue.Member($0.name, .single($0.value)) }
    try append(
      .record(
        ("stage", .string(stage.name)), ("step", .integer(progress.step)),
        ("epoch", .integer(progress.epoch)), ("seconds", .real(progress.seconds)),
        ("split", .string("train")), ("loss", .single(progress.losses.first?.value ?? .nan)),
        ("losses", .object(losses)), ("learningRate", .real(progress.learningRate)),
        ("examplesPerSecond", .real(progress.examplesPerSecond))))
    var scalars = progress.losses.enumerated().map { index, loss in
      EventRecord.Scalar(index == 0 ? "loss" : "losses/\(loss.name)", loss.value)
    }
    scalars.append(.init("learning-rate", progress.learningRate))
    scalars.append(.init("examples-per-second", progress.examplesPerSecond))
    try events?.add(step: progress.step, .scalars(scalars))
  }

  /// Adds a test accuracy to `metrics.jsonl` and the event file.
  func log(_ step: Int, _ accuracy: Double) throws {
    try append(
      .record(
        ("stage", .string(stage.name)), ("step", .integer(step)), ("split", .string("test")),
        ("accuracy", .real(accuracy))))
    try events?.add(step: step, .scalars([.init("accuracy/test", accuracy)]))
  }

  /// Adds what the trained model came to at the end to the event file.
  ///
  /// A state that is not the last one has tags of its own.
  func log(_ score: StageResult.Score, agreement: Double?, after step: Int) throws {
    let kept = stage.train.kept == .best ? "best/" : ""
    let scalars: [(String, Double?)] = [
      ("accuracy/test", score.accuracy), ("nll/test", score.nll), ("ece/test", score.ece),
      ("agreement/test", agreement),
    ]
    let known = scalars.compactMap { tag, value in value.map { EventRecord.Scalar(kept + tag, $0) }
    }
    if !known.isEmpty { try events?.add(step: step, .scalars(known)) }
  }

  /// Adds what the generator makes to the event file; nothing where the learner is none.
  mutating func logSamples(_ learner: Player, step: Int) throws -> PNGImage? {
    guard let picture = try samples(learner)?.drawn() else { return nil }
    try events?.add(step: step, .image(tag: "samples", picture))
    return picture
  }

  /// Adds an evaluation of held-out examples to `metrics.jsonl` and the event file.
  func log(_ point: ValidationRecord.Point) throws {
    let accuracy = point.accuracy.map { [("accuracy", $0)] } ?? []
    let values = accuracy + [("loss", point.loss)]
    let line: [(String, JSONValue)] =
      [
        ("stage", .string(stage.name)), ("step", .integer(point.step)),
        ("split", .string("validation")),
      ] + values.map { ($0.0, .real($0.1)) }
    try append(.object(line.map { .init($0.0, $0.1) }))
    try events?.add(
      step: point.step, .scalars(values.map { .init("\($0.0)/validation", $0.1) }))
  }

  /// Writes what the report draws of the trained model's test: `evaluation.json`.
  func write(_ metrics: ClassificationMetrics) throws {
    let json = metrics.json(
      classNames: data.test.classNames, trainingExamples: data.training.classCounts)
    try home.write(json.text + "\n", to: "evaluation.json")
  }

  /// Writes what the search finds at the end, as figures, pictures and an image for TensorBoard.
  func write(_ report: ExplorationReport, step: Int) throws {
    try report.grid.write(to: home.file("explored.png"))
    try home.write(report.json.text + "\n", to: "explored.json")
    try events?.add(step: step, .image(tag: "explored", report.grid))
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
