import RetortCore
import RetortData
import RetortNN

/// How well a model does on examples, by what it gives for them.
public enum TestMetrics: Equatable, Sendable {
  /// Logits beside labels.
  case classification(ClassificationMetrics)
  /// Vectors of pairs.
  case retrieval(RetrievalMetrics)

  /// The metrics of what a model gave for the examples of a dataset, flat.
  ///
  /// - Parameter session: That of the device, on which documents are searched.
  /// - Throws: The device's errors.
  package init(
    _ outputs: OutputKind, _ values: [Float], of examples: any Dataset, in session: Session
  ) throws {
    switch outputs {
    case .logits:
      self = .classification(
        ClassificationMetrics(
          logits: values, labels: examples.labels, classes: examples.classCount))
    case .vectors:
      self = .retrieval(
        try RetrievalMetrics(vectors: values, pairs: examples.count, in: session))
    }
  }

  /// The share of examples that are right: labels of classes, or the nearest document of a query.
  public var accuracy: Double {
    switch self {
    case .classification(let metrics): metrics.accuracy
    case .retrieval(let metrics): metrics.recallAt1
    }
  }

  /// What validation calls the loss: the mean negative log-likelihood of labels in nats; of pairs, how far the
  /// mean reciprocal rank is from 1.
  public var loss: Double {
    switch self {
    case .classification(let metrics): metrics.nll
    case .retrieval(let metrics): 1 - metrics.meanReciprocalRank
    }
  }

  /// The metrics of logits; nil of vectors.
  public var classification: ClassificationMetrics? {
    if case .classification(let metrics) = self { metrics } else { nil }
  }

  /// The metrics of vectors; nil of logits.
  public var retrieval: RetrievalMetrics? {
    if case .retrieval(let metrics) = self { metrics } else { nil }
  }

  /// The class, or the nearest document, of each example.
  public var predictions: [Int32] {
    switch self {
    case .classification(let metrics): metrics.predictions
    case .retrieval(let metrics): metrics.predictions
    }
  }

  /// The share of examples for which both predict the same, in [0, 1].
  ///
  /// Source: Stanton et al. 2021.
  public func agreement(with other: TestMetrics) -> Double {
    let same = zip(predictions, other.predictions).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    return Double(same) / Double(max(1, predictions.count))
  }
}
