import RetortFormats
import RetortRecipes
import RetortTraining

extension StageResult {
  /// The result as the object of `result.json`.
  package func json(device: String, seed: UInt64, recipeSHA256: String) -> JSONValue {
    func score(_ score: Score?) -> JSONValue {
      guard let score else { return .null }
      return .record(
        ("accuracy", score.accuracy.map { .real($0) } ?? .null),
        ("nll", score.nll.map { .real($0) } ?? .null),
        ("ece", score.ece.map { .real($0) } ?? .null),
        ("parameters", .integer(score.parameters)), ("macs", .integer(score.macs)))
    }
    return .record(
      ("stage", .string(stage)), (player.rawValue, score(trained)),
      ("kept", .string(kept.rawValue)), ("last", last.json), ("best", best?.json ?? .null),
      (player == .student ? "teacher" : "labeler", score(teacher)),
      ("agreement", agreement.map { .real($0) } ?? .null), ("steps", .integer(steps)),
      ("labelledExamples", .integer(labelledExamples)),
      ("teacherEvaluations", .integer(teacherEvaluations)), ("seconds", .real(seconds)),
      (
        "losses",
        .object(losses.sorted { $0.key < $1.key }.map { .init($0.key, .real($0.value)) })
      ),
      ("device", .string(device)), ("seed", .number("\(seed)")),
      ("recipeSHA256", .string(recipeSHA256)), ("version", .string(retortVersion)))
  }

  /// The result that a finished stage left.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is no such result.
  init(path: String, of stage: StageSpec) throws(FormatError) {
    let json = try JSONValue.read(path, limit: 1 << 20)
    try JSONShape.result.check(json, path: path)
    let player = stage.trained
    func whole(_ key: String) throws(FormatError) -> Int {
      guard let value = json[key]?.int else { throw FormatError(path, .missingKey(key)) }
      return value
    }
    guard let trained = Score(json[player.rawValue]) else {
      throw FormatError(path, .missingKey(player.rawValue))
    }
    guard let seconds = json["seconds"]?.double else {
      throw FormatError(path, .missingKey("seconds"))
    }
    guard let last = Outcome(json["last"]) else { throw FormatError(path, .missingKey("last")) }
    let losses = json["losses"]?.members ?? []
    self.init(
      stage: stage.name, player: player, trained: trained, kept: stage.train.kept, last: last,
      best: Outcome(json["best"]), teacher: Score(json[player == .student ? "teacher" : "labeler"]),
      agreement: json["agreement"]?.double, steps: try whole("steps"),
      labelledExamples: try whole("labelledExamples"),
      teacherEvaluations: try whole("teacherEvaluations"), seconds: seconds,
      losses: Dictionary(losses.map { ($0.key, $0.value.double ?? .nan) }) { a, _ in a })
  }
}

extension StageResult.Score {
  fileprivate init?(_ json: JSONValue?) {
    guard let parameters = json?["parameters"]?.int, let macs = json?["macs"]?.int else {
      return nil
    }
    self.init(
      accuracy: json?["accuracy"]?.double, nll: json?["nll"]?.double, ece: json?["ece"]?.double,
      parameters: parameters, macs: macs)
  }
}

extension StageResult.Outcome {
  /// The outcome as the object of `result.json`.
  fileprivate var json: JSONValue {
    .record(
      ("step", .integer(step)), ("validation", validation?.json ?? .null),
      (
        "test",
        testAccuracy == nil && testNLL == nil
          ? .null
          : .record(
            ("accuracy", testAccuracy.map { .real($0) } ?? .null),
            ("nll", testNLL.map { .real($0) } ?? .null))
      ))
  }

  fileprivate init?(_ json: JSONValue?) {
    guard let step = json?["step"]?.int else { return nil }
    self.init(step: step, validation: .init(json?["validation"]), test: nil)
    (testAccuracy, testNLL) = (
      json?["test"]?["accuracy"]?.double, json?["test"]?["nll"]?.double
    )
  }
}
