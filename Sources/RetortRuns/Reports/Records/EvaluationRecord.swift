import RetortFormats

/// The confusion matrix and calibration of a model on the test set, read from `evaluation.json`.
package struct EvaluationRecord: Sendable {
  /// The examples in one range of confidence.
  struct Bin {
    /// The number of examples, summed over runs.
    let count: Double
    /// The mean largest probability, from 0 to 1.
    let confidence: Double
    /// The share of correct predictions, from 0 to 1.
    let accuracy: Double
  }

  /// The names of the classes.
  let classes: [String]
  /// The number of examples of each class (row) predicted as each class (column).
  ///
  /// The values are floating-point numbers because sums of a file's integers might overflow.
  let confusion: [[Double]]
  /// Bins of equal width in confidence, from 0 to 1; empty if unknown.
  let bins: [Bin]
  /// The expected calibration error.
  let ece: Double?
  /// The number of training examples of each class; nil if unknown.
  let trainingExamples: [Double]?
  /// The number of runs that are summed up.
  private(set) var runs = 1

  /// The record in an `evaluation.json`; nil if it is not valid.
  init?(_ json: JSONValue) {
    guard let rows = json["confusion"]?.array, !rows.isEmpty else { return nil }
    let counts = rows.map { Self.counts($0) }
    let confusion = counts.compactMap(\.self)
    guard confusion.count == rows.count, confusion.allSatisfy({ $0.count == rows.count }) else {
      return nil
    }
    let names = json["classes"]?.array?.compactMap(\.string) ?? []
    classes = names.count == rows.count ? names : rows.indices.map { "class \($0)" }
    self.confusion = confusion
    bins = (json["calibration"]?.array ?? []).compactMap { bin in
      guard let count = bin.count("count"), let confidence = bin.share("confidence"),
        let accuracy = bin.share("accuracy")
      else { return nil }
      return Bin(count: Double(count), confidence: confidence, accuracy: accuracy)
    }
    ece = json.share("ece")
    trainingExamples = json["trainingExamples"].flatMap(Self.counts)
  }

  private static func counts(_ json: JSONValue) -> [Double]? {
    guard let elements = json.array else { return nil }
    let counts = elements.compactMap { $0.int.flatMap { $0 >= 0 ? Double($0) : nil } }
    return counts.count == elements.count ? counts : nil
  }

  private init(
    _ classes: [String], _ confusion: [[Double]], _ bins: [Bin], _ ece: Double?, runs: Int
  ) {
    (self.classes, self.confusion, self.bins, self.ece) = (classes, confusion, bins, ece)
    (trainingExamples, self.runs) = (nil, runs)
  }

  /// The sum of several runs' evaluations; nil if their classes differ or there are none.
  static func sum(of records: [EvaluationRecord]) -> EvaluationRecord? {
    guard let first = records.first else { return nil }
    guard records.count > 1 else { return first }
    guard records.allSatisfy({ $0.classes == first.classes }) else { return nil }
    let confusion = first.classes.indices.map { row in
      first.classes.indices.map { column in
        records.reduce(0) { $0 + $1.confusion[row][column] }
      }
    }
    let isBinned = records.allSatisfy { $0.bins.count == first.bins.count }
    let bins = (isBinned ? first.bins.indices : 0..<0).map { index in
      let count = records.reduce(0) { $0 + $1.bins[index].count }
      func mean(_ value: (Bin) -> Double) -> Double {
        let sum = records.reduce(0) { $0 + value($1.bins[index]) * $1.bins[index].count }
        return count > 0 ? sum / count : 0
      }
      return Bin(count: count, confidence: mean(\.confidence), accuracy: mean(\.accuracy))
    }
    return EvaluationRecord(
      first.classes, confusion, bins, Sample(records.compactMap(\.ece)).mean, runs: records.count)
  }

  /// The recall of each class; nil for a class without test examples.
  var recalls: [Double?] {
    confusion.enumerated().map { index, row in
      let total = row.reduce(0, +)
      return total > 0 ? row[index] / total : nil
    }
  }

  /// The mean recall of the most frequent, middle and rarest third of the classes; nil if all classes have
  /// similar numbers of training examples or these are unknown.
  var thirds: [Double]? {
    guard let counts = trainingExamples, counts.count == classes.count, counts.count >= 3,
      let least = counts.min(), let most = counts.max(), 2 * least < most
    else { return nil }
    let recalls = recalls
    let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
    let cuts = (0...3).map { (2 * $0 * counts.count + 3) / 6 }
    return (0..<3).map { third in
      let classes = order[cuts[third]..<cuts[third + 1]]
      return classes.reduce(0) { $0 + (recalls[$1] ?? 0) } / Double(classes.count)
    }
  }
}
