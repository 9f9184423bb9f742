import RetortCore
import RetortTraining

extension [Tensor] {
  /// The sum of tensors of one shape, in order; nil where there are none.
  func sum() -> Tensor? { first.map { dropFirst().reduce($0, +) } }
}

extension LossTerm {
  /// A term that is the mean of scalars; nil where there are none.
  init?(_ name: String, weight: Double, meanOf parts: [Tensor]) {
    guard let sum = parts.sum() else { return nil }
    self.init(name, weight: weight, sum / Double(parts.count))
  }
}
