import RetortFormats

/// The result of one trained model, read from `result.json`; invalid numbers are nil.
package struct ResultRecord: Sendable {
  /// The role of the trained model.
  enum Role: String { case teacher, generator, discriminator, student }

  /// The metrics of a model on the test set, and its cost.
  struct Score: Sendable {
    /// The accuracy, from 0 to 1.
    let accuracy: Double?
    /// The mean negative log-likelihood, in nats.
    let nll: Double?
    /// The expected calibration error, from 0 to 1.
    let ece: Double?
    let parameters: Int?
    /// The multiply-accumulates per example.
    let macs: Int?
    /// How often queries find their documents; nil for models that give no vectors.
    let retrieval: StageResult.Retrieval?
    /// The classifiers behind earlier layers, and last the model's own; empty without such classifiers.
    let exits: [StageResult.Exit]

    fileprivate init?(_ json: JSONValue?) {
      guard let json, json.members != nil else { return nil }
      (accuracy, nll, ece) = (json.share("accuracy"), json.finite("nll"), json.share("ece"))
      (parameters, macs) = (json.count("parameters"), json.count("macs"))
      retrieval = StageResult.Retrieval(json["retrieval"])
      exits = StageResult.Exit.all(in: json)
    }
  }

  let role: Role
  let score: Score
  /// The score of the student's teacher, or of its teachers as one; nil for other models.
  let teacher: Score?
  /// The scores of the teachers that the recipe names, by name.
  let teachers: [(name: String, score: Score)]
  /// The step and accuracy of the best evaluation on the examples held out for validation.
  let best: (step: Int, accuracy: Double)?
  /// Whether the score is that of the best step, not of the last.
  let isBestKept: Bool
  /// The last step and its test accuracy.
  let last: (step: Int, accuracy: Double)?
  /// The share of test examples on which student and teacher agree, from 0 to 1.
  let agreement: Double?
  let steps: Int?
  let labelledExamples: Int?
  let teacherEvaluations: Int?
  let seconds: Double?
  let device: String?
  let seed: String?
  let version: String?
  let recipeSHA256: String?

  /// The record in a `result.json`; nil if it is not valid.
  ///
  /// - Parameter learner: The name of one of several models of the stage; nil for the only one.
  init?(_ json: JSONValue, learner: String? = nil) {
    let roles = [Role.student, .generator, .discriminator, .teacher]
    let own = learner.flatMap { json["students"]?[$0] }
    let role =
      own != nil
      ? Role.student
      : roles.first {
        json[$0.rawValue]?.members != nil && (learner == nil || learner == $0.rawValue)
      }
    guard let role, let score = Score(own ?? json[role.rawValue]) else { return nil }
    (self.role, self.score) = (role, score)
    let states = own ?? json
    teacher = role == .student ? Score(json["teacher"]) : nil
    teachers =
      json["teachers"]?.members?.compactMap { entry in
        Score(entry.value).map { (entry.key, $0) }
      } ?? []
    best = states["best"]?.best.flatMap {
      $0.step >= 0 && (0...1).contains($0.accuracy) ? $0 : nil
    }
    isBestKept = json["kept"]?.string == "best"
    let kept = isBestKept ? nil : score.accuracy
    last = (states["last"]?.count("step") ?? json.count("steps")).flatMap { step in
      (states["last"]?["test"]?.share("accuracy") ?? kept).map { (step, $0) }
    }
    agreement = states.share("agreement")
    (steps, labelledExamples) = (json.count("steps"), json.count("labelledExamples"))
    teacherEvaluations = json.count("teacherEvaluations")
    seconds = json.finite("seconds")
    (device, version) = (json["device"]?.string, json["version"]?.string)
    if case .number(let digits)? = json["seed"] { seed = digits } else { seed = nil }
    recipeSHA256 = json["recipeSHA256"]?.string
  }
}

extension JSONValue {
  /// The number under `key`; nil unless it is finite.
  func finite(_ key: String) -> Double? { self[key]?.double.flatMap { $0.isFinite ? $0 : nil } }

  /// The number under `key`; nil unless it lies between 0 and 1.
  func share(_ key: String) -> Double? { finite(key).flatMap { (0...1).contains($0) ? $0 : nil } }

  /// The integer under `key`; nil unless it is at least 0.
  func count(_ key: String) -> Int? { self[key]?.int.flatMap { $0 >= 0 ? $0 : nil } }
}
