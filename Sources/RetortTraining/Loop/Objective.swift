import RetortCore

/// One summand of an objective.
public struct LossTerm {
  /// What logs call it.
  public let name: String
  /// What multiplies it in the sum.
  public let weight: Double
  /// A scalar in nats, before the weight.
  public let value: Tensor

  /// A weighted summand.
  public init(_ name: String, weight: Double = 1, _ value: Tensor) {
    (self.name, self.weight, self.value) = (name, weight, value)
  }

  /// The value times the weight.
  var scaled: Tensor { value * weight }
}

/// What a phase minimises, and what else it changes.
public struct Objective {
  /// The summands.
  public var terms: [LossTerm]
  /// Values to log beside the losses; no gradient is taken of them.
  public var observations: [LossTerm]
  /// Running statistics and the like.
  public var effects: [Effect]

  /// An objective of the given summands.
  public init(terms: [LossTerm], observations: [LossTerm] = [], effects: [Effect] = []) {
    (self.terms, self.observations, self.effects) = (terms, observations, effects)
  }

  /// The weighted sum of the terms.
  func total(in graph: Graph) -> Tensor {
    terms.dropFirst().reduce(terms.first?.scaled ?? graph.fill(0)) { $0 + $1.scaled }
  }
}
