import RetortCore

/// One weighted term of an objective.
public struct LossTerm {
  /// The term's name in logs.
  public let name: String
  /// The factor of the term in the total loss.
  public let weight: Double
  /// The term before weighting, a scalar in nats.
  public let value: Tensor

  /// A term with the given weight.
  public init(_ name: String, weight: Double = 1, _ value: Tensor) {
    (self.name, self.weight, self.value) = (name, weight, value)
  }

  /// The value times the weight, which is the term in the total loss.
  var scaled: Tensor { value * weight }
}

/// The loss that a phase minimises, and other changes that it makes.
public struct Objective {
  /// The terms of the loss.
  public var terms: [LossTerm]
  /// Scalars logged beside the losses, without a gradient.
  public var observations: [LossTerm]
  /// Further changes of variables, such as running statistics.
  public var effects: [Effect]

  /// An objective with the given terms.
  public init(terms: [LossTerm], observations: [LossTerm] = [], effects: [Effect] = []) {
    (self.terms, self.observations, self.effects) = (terms, observations, effects)
  }

  /// The weighted sum of the terms.
  func total(in graph: Graph) -> Tensor {
    terms.dropFirst().reduce(terms.first?.scaled ?? graph.fill(0)) { $0 + $1.scaled }
  }
}
