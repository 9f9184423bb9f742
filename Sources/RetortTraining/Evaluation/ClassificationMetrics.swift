import Glibc

/// The quality of a classifier's logits against labels.
///
/// Source: Guo et al. 2017 for the calibration error (15 equal bins).
public struct ClassificationMetrics: Equatable, Sendable {
  /// The examples of one range of confidence.
  public struct CalibrationBin: Equatable, Sendable {
    /// The number of examples.
    public let count: Int
    /// The mean largest probability, in [0, 1]; 0 where there are none.
    public let confidence: Double
    /// The share of correct predictions, in [0, 1]; 0 where there are none.
    public let accuracy: Double
  }

  /// The share of examples whose largest logit is the label's.
  public let accuracy: Double
  /// The mean negative log-likelihood of the labels, in nats; not finite if a logit is not.
  public let nll: Double
  /// The expected calibration error over 15 equal bins of confidence, in [0, 1].
  public let ece: Double
  /// The class with the largest logit, for each example.
  public let predictions: [Int32]
  /// The number of examples of each class (row) predicted as each class (column), `[classes, classes]`.
  public let confusion: [Int]
  /// The bins of the calibration error, from confidence 0 to 1.
  public let calibration: [CalibrationBin]

  /// The metrics of logits `[count, classes]`.
  public init(logits: [Float], labels: [Int32], classes: Int) {
    let count = labels.count
    var predictions = Array(repeating: Int32(0), count: count)
    var confusion = Array(repeating: 0, count: classes * classes)
    var correct = 0
    var total = 0.0
    var bins = Array(repeating: (count: 0.0, confidence: 0.0, correct: 0.0), count: 15)
    for row in 0..<count {
      let start = row * classes
      var best = 0
      for index in 1..<max(1, classes) where logits[start + index] > logits[start + best] {
        best = index
      }
      let peak = Double(logits[start + best])
      var sum = 0.0
      for index in 0..<classes { sum += exp(Double(logits[start + index]) - peak) }
      let isRight = best == Int(labels[row])
      predictions[row] = Int32(best)
      confusion[Int(labels[row]) * classes + best] += 1
      correct += isRight ? 1 : 0
      total += log(sum) + peak - Double(logits[start + Int(labels[row])])
      let confidence = 1 / sum
      let bin = confidence > 0 ? min(14, Int((confidence * 15).rounded(.up)) - 1) : 0
      bins[bin].count += 1
      bins[bin].confidence += confidence
      bins[bin].correct += isRight ? 1 : 0
    }
    // Quotients rather than products with an inverse: 7897 of 10,000 are 0.7897.
    let all = Double(max(1, count))
    accuracy = Double(correct) / all
    nll = total / all
    ece = bins.reduce(0) { $0 + abs($1.correct - $1.confidence) } / all
    (self.predictions, self.confusion) = (predictions, confusion)
    calibration = bins.map { bin in
      let all = max(1, bin.count)
      return CalibrationBin(
        count: Int(bin.count), confidence: bin.confidence / all, accuracy: bin.correct / all)
    }
  }
}
