import RetortFormats

extension ClassificationMetrics {
  /// The metrics as the object of `evaluation.json`, without the predictions.
  ///
  /// - Parameters:
  ///   - classNames: The names of the classes, in order.
  ///   - trainingExamples: The number of training examples of each class.
  package func json(classNames: [String], trainingExamples: [Int]) -> JSONValue {
    let rows = classNames.indices.map { row in
      confusion[row * classNames.count..<(row + 1) * classNames.count]
    }
    return .record(
      ("split", .string("test")), ("accuracy", .real(accuracy)), ("nll", .real(nll)),
      ("ece", .real(ece)), ("classes", .array(classNames.map { .string($0) })),
      ("trainingExamples", .array(trainingExamples.map { .integer($0) })),
      ("confusion", .array(rows.map { .array($0.map { .integer($0) }) })),
      (
        "calibration",
        .array(
          calibration.map {
            .record(
              ("count", .integer($0.count)), ("confidence", .real($0.confidence)),
              ("accuracy", .real($0.accuracy)))
          })
      ))
  }
}
