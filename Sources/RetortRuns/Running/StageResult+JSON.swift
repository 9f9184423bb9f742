import RetortFormats
import RetortRecipes
import RetortTraining

extension StageResult {
  /// The result as the object of `result.json`.
  package func json(device: String, seed: UInt64, recipeSHA256: String) -> JSONValue {
    func outcomes(_ last: Outcome?, _ best: Outcome?) -> [(String, JSONValue)] {
      [("last", last?.json ?? .null), ("best", best?.json ?? .null)]
    }
    let single = learners.count == 1 ? learners.first : nil
    let students = learners.filter { $0.role == .student }
    let others = learners.filter { $0.role != .student || single != nil }
    let entries = students.map { learner in
      JSONValue.Member(
        learner.name,
        .object(
          (learner.score.json.members ?? [])
            + [.init("agreement", learner.agreement.map { .real($0) } ?? .null)]
            + outcomes(learner.last, learner.best).map { .init($0.0, $0.1) }))
    }
    let trained =
      others.map { ($0.role.rawValue, $0.score.json) }
      + (single == nil && !students.isEmpty ? [("students", .object(entries))] : [])
    func state(_ point: ValidationRecord.Point?, _ step: Int) -> Outcome {
      Outcome(step: step, validation: point, test: nil)
    }
    let states =
      single.map { outcomes($0.last, $0.best) }
      ?? outcomes(
        state(validation.last, steps), validation.best.map { state($0, $0.step) })
    let named = teachers.map { JSONValue.Member($0.name, $0.score.json) }
    let record: [(String, JSONValue)] =
      [("stage", .string(stage))] + trained + [("kept", .string(kept.rawValue))] + states
      + [(students.isEmpty ? "labeler" : "teacher", teacher?.json ?? .null)]
      + (teachers.isEmpty ? [] : [("teachers", .object(named))]) + [
        ("agreement", single?.agreement.map { .real($0) } ?? .null), ("steps", .integer(steps)),
        ("labelledExamples", .integer(labelledExamples)),
        ("teacherEvaluations", .integer(teacherEvaluations)), ("seconds", .real(seconds)),
        (
          "losses",
          .object(losses.sorted { $0.key < $1.key }.map { .init($0.key, .real($0.value)) })
        ),
        ("device", .string(device)), ("seed", .number("\(seed)")),
        ("recipeSHA256", .string(recipeSHA256)), ("version", .string(retortVersion)),
      ]
    return .object(record.map { .init($0.0, $0.1) })
  }

  /// The result that a finished stage left.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is no such result.
  init(path: String, of stage: StageSpec) throws(FormatError) {
    let json = try JSONValue.read(path, limit: 1 << 20)
    try JSONShape.result.check(json, path: path)
    func whole(_ key: String) throws(FormatError) -> Int {
      guard let value = json[key]?.int else { throw FormatError(path, .missingKey(key)) }
      return value
    }
    guard let seconds = json["seconds"]?.double else {
      throw FormatError(path, .missingKey("seconds"))
    }
    let losses = json["losses"]?.members ?? []
    let steps = try whole("steps")
    let learners = try Self.learners(json, path, of: stage)
    let teachers = try stage.teachers.filter { _ in stage.namesTeachers }.map {
      teacher throws(FormatError) in
      guard let score = Score(json["teachers"]?[teacher.name]) else {
        throw FormatError(path, .missingKey("teachers.\(teacher.name)"))
      }
      return Teacher(name: teacher.name, score: score)
    }
    let validation = { Outcome(json[$0])?.validation }
    self.init(
      stage: stage.name, learners: learners, kept: stage.train.kept,
      validation: ValidationRecord(best: validation("best"), last: validation("last"), stale: 0),
      teacher: Score(json[stage.students.isEmpty ? "labeler" : "teacher"]), teachers: teachers,
      steps: steps,
      labelledExamples: try whole("labelledExamples"),
      teacherEvaluations: try whole("teacherEvaluations"), seconds: seconds,
      losses: Dictionary(losses.map { ($0.key, $0.value.double ?? .nan) }) { a, _ in a })
  }

  private static func learners(
    _ json: JSONValue, _ path: String, of stage: StageSpec
  ) throws(FormatError) -> [Learner] {
    let trainees = stage.trainees
    var found: [Learner] = []
    for trainee in trainees {
      let isListed = trainees.count > 1 && trainee.role == .student
      let key = isListed ? "students.\(trainee.name)" : trainee.role.rawValue
      let entry = isListed ? json["students"]?[trainee.name] : json[trainee.role.rawValue]
      let states = isListed ? entry : json
      guard let score = Score(entry) else { throw FormatError(path, .missingKey(key)) }
      guard let last = Outcome(states?["last"]) else {
        throw FormatError(path, .missingKey(isListed ? "\(key).last" : "last"))
      }
      found.append(
        Learner(
          name: trainee.name, role: trainee.role, score: score, last: last,
          best: Outcome(states?["best"]), agreement: states?["agreement"]?.double))
    }
    return found
  }
}

extension StageResult.Score {
  /// The score as an object of `result.json`.
  package var json: JSONValue {
    let values: [(String, JSONValue)] = [
      ("accuracy", accuracy.map { .real($0) } ?? .null), ("nll", nll.map { .real($0) } ?? .null),
      ("ece", ece.map { .real($0) } ?? .null), ("parameters", .integer(parameters)),
      ("macs", .integer(macs)),
    ]
    let found = retrieval.map { [("retrieval", $0.json)] } ?? []
    let early = exits.isEmpty ? [] : [("exits", JSONValue.array(exits.map(\.json)))]
    return .object((values + found + early).map { .init($0.0, $0.1) })
  }

  fileprivate init?(_ json: JSONValue?) {
    guard let parameters = json?["parameters"]?.int, let macs = json?["macs"]?.int else {
      return nil
    }
    self.init(nil, parameters: parameters, macs: macs)
    (accuracy, nll) = (json?["accuracy"]?.double, json?["nll"]?.double)
    (ece, retrieval) = (json?["ece"]?.double, .init(json?["retrieval"]))
    exits = StageResult.Exit.all(in: json)
  }
}

extension StageResult.Retrieval {
  /// The metrics as an object of `result.json`.
  fileprivate var json: JSONValue {
    .record(
      ("recallAt1", .real(recallAt1)), ("recallAt10", .real(recallAt10)),
      ("mrr", .real(meanReciprocalRank)), ("documents", .integer(documents)))
  }

  /// The metrics in an object of `result.json`; nil where it is none.
  init?(_ json: JSONValue?) {
    guard let json, let first = json.share("recallAt1"), let ten = json.share("recallAt10"),
      let mean = json.share("mrr"), let documents = json.count("documents")
    else { return nil }
    (recallAt1, recallAt10, meanReciprocalRank) = (first, ten, mean)
    self.documents = documents
  }
}

extension StageResult.Exit {
  /// The classifier as an object of `result.json`.
  fileprivate var json: JSONValue {
    .record(
      ("module", module.map { .string($0) } ?? .null), ("accuracy", .real(accuracy)),
      ("nll", .real(nll)), ("macs", .integer(macs)),
      ("secondsPerExample", .real(secondsPerExample)))
  }

  /// Those in a score of `result.json`, without those that are none.
  static func all(in score: JSONValue?) -> [Self] {
    (score?["exits"]?.array ?? []).compactMap { json in
      guard let accuracy = json.share("accuracy"), let nll = json.finite("nll"),
        let macs = json.count("macs"), let seconds = json.finite("secondsPerExample")
      else { return nil }
      return Self(
        module: json["module"]?.string, accuracy: accuracy, nll: nll, macs: macs,
        secondsPerExample: seconds)
    }
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
