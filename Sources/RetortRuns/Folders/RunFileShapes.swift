import RetortFormats

/// The shapes of a run's JSON files, as specified in `Documentation/schemas`.
extension JSONShape {
  /// `result.json`: the results of a stage, or of all stages at the top of a run of several.
  package static let result = JSONShape.object(
    stageResult.merging(["stages": .list(.object(stageResult))]) { $1 })

  /// `evaluation.json`: the confusion matrix and calibration on the test set.
  package static let evaluation = JSONShape.object([
    "split": .value, "accuracy": .value, "nll": .value, "ece": .value, "classes": .value,
    "trainingExamples": .value, "confusion": .value,
    "calibration": .list(
      .object(["count": .value, "confidence": .value, "accuracy": .value])),
  ])

  /// `explored.json`: the results of a search.
  package static let explored = JSONShape.object([
    "stage": .value, "originals": figures, "steps": .list(figures),
    "samples": .list(
      .list(
        .object([
          "title": .value, "divergence": .value, "teacher": opinions, "student": opinions,
          "picture": .value,
        ]))),
  ])

  /// `bounds.json`: how far a search can be trusted.
  package static let bounds = JSONShape.object([
    "stage": .value, "examples": .value, "pixels": .value, "features": .value, "codes": .value,
    "figures": .object(
      Dictionary(uniqueKeysWithValues: BoundsFigure.allCases.map { ($0.rawValue, estimate) })),
  ])

  /// A line of `metrics.jsonl`: losses and rates of a step, or an evaluation after it.
  package static let metrics = JSONShape.object([
    "stage": .value, "learner": .value, "step": .value, "epoch": .value, "seconds": .value,
    "split": .value,
    "loss": .value, "losses": .value, "learningRate": .value, "examplesPerSecond": .value,
    "dataWait": .value, "accuracy": .value,
  ])

  /// A line of `sessions.jsonl`: a process that worked on the run.
  package static let session = JSONShape.object([
    "began": .value, "command": .value, "device": .value, "version": .value, "revision": .value,
  ])

  /// A `config.json`: the model that the weights beside it belong to.
  package static let configuration = JSONShape.object([
    "model": .value, "options": .value, "classes": .value, "classNames": .value, "image": .value,
    "tokens": .object(["length": .value, "vocabulary": .value, "lowercase": .value]),
    "normalization": .object(["mean": .value, "std": .value]), "version": .value,
  ])

  /// The shape of a run's JSON file by its name; files of other names are taken for results.
  package static func ofRunFile(named name: String) -> JSONShape {
    switch name {
    case "evaluation.json": .evaluation
    case "explored.json": .explored
    case BoundsReport.fileName: .bounds
    case "config.json": .configuration
    default: .result
    }
  }

  private static let stageResult: [String: JSONShape] = [
    "stage": .value, "student": score, "teacher": score, "generator": score, "labeler": score,
    "discriminator": score, "students": .map(student), "teachers": .map(score),
    "kept": .value, "last": outcome, "best": outcome, "agreement": .value, "steps": .value,
    "labelledExamples": .value, "teacherEvaluations": .value, "seconds": .value, "losses": .value,
    "device": .value, "seed": .value, "recipeSHA256": .value, "version": .value,
  ]
  private static let scores: [String: JSONShape] = [
    "accuracy": .value, "nll": .value, "ece": .value, "parameters": .value, "macs": .value,
    "retrieval": .object([
      "recallAt1": .value, "recallAt10": .value, "mrr": .value, "documents": .value,
    ]),
    "exits": .list(
      .object([
        "module": .value, "accuracy": .value, "nll": .value, "macs": .value,
        "secondsPerExample": .value,
      ])),
  ]
  private static let score = JSONShape.object(scores)
  private static let student = JSONShape.object(
    scores.merging(["agreement": .value, "last": outcome, "best": outcome]) { $1 })
  private static let outcome = JSONShape.object([
    "step": .value,
    "validation": .object(["step": .value, "accuracy": .value, "loss": .value]),
    "test": .object(["accuracy": .value, "nll": .value]),
  ])
  private static let figures = JSONShape.object([
    "divergence": .value, "teacherConfidence": .value, "studentConfidence": .value,
    "agreement": .value,
  ])
  private static let estimate = JSONShape.object(["value": .value, "low": .value, "high": .value])
  private static let opinions = JSONShape.list(.object(["class": .value, "probability": .value]))
}
