import RetortCore
import RetortNN
import RetortTraining

/// A loss that compares results of the student's modules with those of the teacher's, pair by pair.
///
/// A type says how two results are compared. The pairs are its `taps`; a type whose keys do not require any compares
/// the outputs of both models where there are none.
public protocol PairLoss: DistillationLoss {
  /// The distance of the student's result from the teacher's, a scalar.
  ///
  /// - Throws: `AdapterError` for features that cannot be compared.
  func distance(_ pair: FeaturePair) throws -> Tensor

  /// What multiplies the distance of pair `index` of `count` in the sum over pairs; 1/count by default, which makes
  /// it a mean.
  func share(ofPair index: Int, among count: Int) -> Double
}

extension PairLoss {
  /// True: the teacher's results are its targets.
  public static var needsTeacher: Bool { true }

  /// A mean over pairs.
  public func share(ofPair index: Int, among count: Int) -> Double { 1 / Double(count) }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has, `AdapterError` for features that cannot be compared.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps)
    let parts = try pairs.enumerated().map { index, pair in
      try distance(pair) * share(ofPair: index, among: pairs.count)
    }
    return parts.sum().map { [LossTerm(name, weight: weight, $0)] } ?? []
  }
}

/// A result of a student's module, and the teacher's that it is compared with.
public struct FeaturePair {
  /// The student's result, into which gradients flow.
  public let student: Tensor
  /// The teacher's result, a constant.
  public let teacher: Tensor
  /// The layer that the loss has made for this pair; nil if it has none.
  public let adapter: Module?
  /// All that the loss compares.
  public let comparison: Comparison

  /// Both at the smaller of their heights and widths, the student's after the adapter.
  ///
  /// - Throws: `AdapterError` where shapes differ all the same.
  public func adapted() throws(AdapterError) -> (student: Tensor, teacher: Tensor) {
    let (own, target) = Adapter.atOneSize(student, teacher)
    let result = adapter.map { layer in comparison.adapting { layer(own) } } ?? own
    guard result.shape == target.shape else {
      throw AdapterError(student: student.shape, teacher: teacher.shape)
    }
    return (result, target)
  }

  /// Both at the smaller of their heights and widths, with the channels that they have.
  public func atOneSize() -> (student: Tensor, teacher: Tensor) {
    Adapter.atOneSize(student, teacher)
  }
}

extension Comparison {
  /// The results at `taps`, or both outputs if there are no taps; nothing without a teacher.
  ///
  /// - Throws: `TapError` for a path that no module has.
  func pairs(_ taps: [TapPair]) throws(TapError) -> [FeaturePair] {
    guard let student, let teacher else { return [] }
    var pairs: [FeaturePair] = []
    for (index, pair) in (taps.isEmpty ? [TapPair()] : taps).enumerated() {
      pairs.append(
        FeaturePair(
          student: try student.value(pair.student),
          teacher: try teacher.value(pair.teacher).stopGradient(),
          adapter: adapters.indices.contains(index) ? adapters[index] : nil, comparison: self))
    }
    return pairs
  }

  /// Calls `body` in the learner's forward pass, where adapters may be called.
  func adapting<Result>(_ body: () throws -> Result) rethrows -> Result {
    try learner.using(context, body)
  }
}
