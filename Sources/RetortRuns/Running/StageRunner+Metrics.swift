import RetortFormats
import RetortTraining

extension StageRunner {
  /// Adds the training losses to `metrics.jsonl` and the event file, a line for each pupil.
  func log(_ progress: TrainingProgress, _ learners: [Learner]) throws {
    for (pupil, learner) in zip(pupils, learners) {
      let losses = progress.losses.compactMap { loss -> (name: String, value: Double)? in
        guard loss.name.hasPrefix(pupil.tag) else { return nil }
        return (String(loss.name.dropFirst(pupil.tag.count)), loss.value)
      }
      let rate = learner.rate(at: progress.step - 1)
      try append(
        pupil, progress.step,
        [
          ("epoch", .integer(progress.epoch)), ("seconds", .real(progress.seconds)),
          ("split", .string("train")), ("loss", .single(losses.first?.value ?? .nan)),
          ("losses", .object(losses.dropFirst().map { .init($0.name, .single($0.value)) })),
          ("learningRate", .real(rate)),
          ("examplesPerSecond", .real(progress.examplesPerSecond)),
          ("dataWait", .real(progress.dataWait)),
        ])
      var scalars = losses.enumerated().map { index, loss in
        EventRecord.Scalar(pupil.tag + (index == 0 ? "loss" : "losses/\(loss.name)"), loss.value)
      }
      scalars.append(.init(pupil.tag + "learning-rate", rate))
      try events?.add(step: progress.step, .scalars(scalars))
    }
    try events?.add(
      step: progress.step, .scalars([.init("examples-per-second", progress.examplesPerSecond)]))
  }

  /// Adds a test accuracy to `metrics.jsonl` and the event file.
  func log(_ step: Int, _ accuracy: Double, of pupil: Pupil) throws {
    try append(pupil, step, [("split", .string("test")), ("accuracy", .real(accuracy))])
    try events?.add(step: step, .scalars([.init(pupil.tag + "accuracy/test", accuracy)]))
  }

  /// Adds what the trained model came to at the end to the event file.
  ///
  /// A state that is not the last one has tags of its own.
  func log(
    _ score: StageResult.Score, agreement: Double?, of pupil: Pupil, after step: Int
  ) throws {
    let kept = pupil.tag + (stage.train.kept == .best ? "best/" : "")
    let scalars: [(String, Double?)] = [
      ("accuracy/test", score.accuracy), ("nll/test", score.nll), ("ece/test", score.ece),
      ("agreement/test", agreement),
    ]
    let known = scalars.compactMap { tag, value in value.map { EventRecord.Scalar(kept + tag, $0) }
    }
    if !known.isEmpty { try events?.add(step: step, .scalars(known)) }
  }

  /// Adds what a generator that is trained makes to the event file; nothing where none is.
  mutating func logSamples(step: Int) throws -> PNGImage? {
    guard let picture = try samples()?.drawn() else { return nil }
    try events?.add(step: step, .image(tag: "samples", picture))
    return picture
  }

  /// Adds an evaluation of held-out examples to `metrics.jsonl` and the event file.
  func log(_ point: ValidationRecord.Point, of pupil: Pupil) throws {
    let accuracy = point.accuracy.map { [("accuracy", $0)] } ?? []
    let values = accuracy + [("loss", point.loss)]
    try append(
      pupil, point.step,
      [("split", .string("validation"))] + values.map { ($0.0, .real($0.1)) })
    try events?.add(
      step: point.step, .scalars(values.map { .init("\(pupil.tag)\($0.0)/validation", $0.1) }))
  }

  /// Where what is said of a pupil alone lies: in the stage's folder, or one of several in its own.
  private func home(of pupil: Pupil) -> RunFolder {
    pupil.isAlone ? home : home.folder(pupil.trainee.folder)
  }

  /// Writes what the report draws of a trained model's test: `evaluation.json`.
  func write(_ metrics: ClassificationMetrics, of pupil: Pupil) throws {
    let json = metrics.json(
      classNames: data.test.classNames, trainingExamples: data.training.classCounts)
    try home(of: pupil).write(json.text + "\n", to: "evaluation.json")
  }

  /// Writes what the search finds at the end, as figures, pictures and an image for TensorBoard.
  func write(_ report: ExplorationReport, of pupil: Pupil, step: Int) throws {
    let home = home(of: pupil)
    try report.grid.write(to: home.file("explored.png"))
    try home.write(report.json.text + "\n", to: "explored.json")
    try events?.add(step: step, .image(tag: pupil.tag + "explored", report.grid))
  }

  /// Writes how far a pupil's search can be trusted: `bounds.json`.
  func write(_ report: BoundsReport, of pupil: Pupil) throws {
    try home(of: pupil).write(report.json.text + "\n", to: BoundsReport.fileName)
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

  private func append(
    _ pupil: Pupil, _ step: Int, _ values: [(String, JSONValue)]
  ) throws {
    let label = pupil.label.map { [("learner", JSONValue.string($0))] } ?? []
    let line = [("stage", .string(stage.name))] + label + [("step", .integer(step))] + values
    try parent.folder.append(
      line: JSONValue.object(line.map { .init($0.0, $0.1) }).text, to: metricsName)
  }
}

private let metricsName = "metrics.jsonl"
