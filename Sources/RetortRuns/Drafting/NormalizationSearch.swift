import Glibc
import RetortCore
import RetortData
import RetortNN
import RetortRecipes

/// The search for the normalisation that a teacher of unknown origin was trained with.
///
/// A file of a model says nothing of how pictures were prepared. The teacher is tried on some labelled
/// training pictures behind each usual normalisation; that with the least cross-entropy is its own.
struct NormalizationSearch {
  /// A normalisation with the teacher's results behind it.
  struct Trial {
    /// The normalisation; nil for samples from 0 to 1 as they are.
    let normalization: NormalizationSpec?
    /// What messages call it.
    let name: String
    /// The share of the pictures that the teacher is right about, from 0 to 1.
    let accuracy: Double
    /// The mean cross-entropy of the labels, in nats.
    let nll: Double
  }

  /// Every trial, the best first.
  let trials: [Trial]
  /// The number of pictures.
  let count: Int

  /// The most pictures that a teacher is tried on.
  private static let limit = 512

  /// Tries `teacher` on pictures spread over the training set.
  ///
  /// - Throws: `DistilError.guessing` for a teacher that is no better than guessing behind any; the errors of
  ///   `StoredModel.evaluate`.
  init(
    of teacher: StoredModel, on training: any Dataset, _ size: ImageSize, with backend: any Backend
  ) throws {
    let count = min(training.count, Self.limit)
    let sample = Self.subset(training, (0..<count).map { $0 * training.count / count })
    var trials: [Trial] = []
    for (name, normalization) in try Self.candidates(sample, size) {
      let score = try teacher.normalized(by: normalization)
        .evaluate(sample, .image(size), of: training.name, with: backend, report: { _ in }).score
      trials.append(
        Trial(
          normalization: normalization, name: name, accuracy: score.accuracy ?? 0,
          nll: score.nll ?? .infinity))
    }
    self.count = count
    self.trials = trials.sorted { $0.nll < $1.nll }
    let chance = 1 / Double(training.classCount)
    let noise = 3 * sqrt(chance * (1 - chance) / Double(count))
    let best = trials.map(\.accuracy).max() ?? 0
    guard best > chance + noise else {
      throw DistilError.guessing(
        teacher.folder, accuracy: best, count: count, classNames: training.classNames)
    }
  }

  private static func subset<Examples: Dataset>(
    _ examples: Examples, _ indices: [Int]
  ) -> any Dataset { examples.subset(indices) }

  /// The usual normalisations, and that by the pictures' own mean and deviation.
  private static func candidates(
    _ sample: any Dataset, _ size: ImageSize
  ) throws -> [(name: String, NormalizationSpec?)] {
    var found: [(String, NormalizationSpec?)] = [("none", nil)]
    var usual = [NormalizationSpec.Kind.symmetric]
    if size.channels == 3 { usual.append(.imagenet) }
    for kind in usual {
      var spec = NormalizationSpec()
      spec.kind = kind
      found.append((kind.rawValue, spec))
    }
    if let own = try statistics(sample, size) { found.append(("the pictures' own", own)) }
    return found
  }

  /// The mean and the deviation of each channel, to four digits; nil where a channel does not vary.
  private static func statistics(
    _ sample: any Dataset, _ size: ImageSize
  ) throws -> NormalizationSpec? {
    var sums = [Double](repeating: 0, count: size.channels)
    var squares = sums
    var samples = [UInt8](repeating: 0, count: size.count)
    for index in 0..<sample.count {
      try samples.withUnsafeMutableBytes { try sample.write(index, field: 0, into: $0) }
      for (place, value) in samples.enumerated() {
        let unit = Double(value) / 255
        sums[place % size.channels] += unit
        squares[place % size.channels] += unit * unit
      }
    }
    let count = Double(sample.count * size.height * size.width)
    let means = sums.map { $0 / count }
    let deviations = zip(squares, means).map { max(0, $0 / count - $1 * $1).squareRoot() }
    func rounded(_ values: [Double]) -> [Double] { values.map { ($0 * 1e4).rounded() / 1e4 } }
    guard rounded(deviations).allSatisfy({ $0 > 0 }) else { return nil }
    return NormalizationSpec(mean: rounded(means), deviation: rounded(deviations))
  }
}
