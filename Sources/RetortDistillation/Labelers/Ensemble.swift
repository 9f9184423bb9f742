import Glibc
import RetortCore
import RetortNN

/// Several models that answer as one: the logits of their mean.
///
/// Each keeps its own paths under its name, so that losses tap `NAME.layer2`.
///
/// Source: Hinton, Vinyals, Dean 2015, arXiv 1503.02531, section 2, names both means.
public final class Ensemble: Module {
  /// What is averaged.
  public enum Mean: String, CaseIterable, Sendable {
    /// Probabilities: the result is the logarithm of their mean.
    case probabilities
    /// Logits, which makes a geometric mean of probabilities.
    case logits
  }

  /// One of the models.
  public struct Member {
    /// What its paths begin with.
    public let name: String
    /// The model, `[batch, …] → [batch, classes]`.
    public let model: Module
    /// Its share of the mean, once all are divided by their sum; > 0.
    public let weight: Double

    /// A model under a name.
    public init(_ name: String, _ model: Module, weight: Double = 1) {
      (self.name, self.model, self.weight) = (name, model, weight)
    }
  }

  /// The models, at least one.
  public let members: [Member]
  /// What is averaged.
  public let mean: Mean

  /// The mean of `members`.
  public init(_ members: [Member], mean: Mean = .probabilities) {
    precondition(!members.isEmpty, "an ensemble has at least one member")
    (self.members, self.mean) = (members, mean)
  }

  public override var children: [(key: String, module: Module)] {
    members.map { ($0.name, $0.model) }
  }

  /// Logits, `[batch, classes]`.
  public override func forward(_ x: Tensor) -> Tensor { merged { $0(x) } }

  /// Logits, `[batch, classes]`.
  public override func forward(_ example: Example) -> Tensor { merged { $0(example) } }

  private func merged(_ logits: (Module) -> Tensor) -> Tensor {
    let total = members.reduce(0) { $0 + $1.weight }
    switch mean {
    case .logits:
      let parts = members.map { logits($0.model) * ($0.weight / total) }
      return parts.dropFirst().reduce(parts[0], +)
    case .probabilities:
      // Behind the largest summand none overflows, and one is 1.
      let parts = members.map { logits($0.model).logSoftmax() + log($0.weight / total) }
      let largest = parts.dropFirst().reduce(parts[0]) { $0.maximum($1) }.stopGradient()
      let sum = parts.dropFirst().reduce((parts[0] - largest).exp()) { $0 + ($1 - largest).exp() }
      return largest + sum.log()
    }
  }
}
