/// A search's choice for one contraction: an algorithm, numbers that a planner would otherwise
/// compute, or neither, where nothing was faster than the default.
///
/// Its text is `default`, or words such as `winograd band=2 tiles=6 vectors=2`.
package struct TuningChoice: Hashable, Sendable {
  /// A way to compute a contraction.
  package enum Algorithm: String, Sendable, CaseIterable {
    /// The convolution's definition.
    case direct
    /// F(2×2, 3×3) tiles.
    case winograd
    /// CLBlast's GEMM.
    case clblast
  }

  /// The algorithm; nil for the planner's own.
  package var algorithm: Algorithm?
  /// Numbers by name, as a planner's `decisions` call them.
  package var parameters: [String: Int]

  /// A choice of the given parts.
  package init(algorithm: Algorithm? = nil, parameters: [String: Int] = [:]) {
    (self.algorithm, self.parameters) = (algorithm, parameters)
  }

  /// Whether the planner decides everything.
  package var isDefault: Bool { algorithm == nil && parameters.isEmpty }

  /// This choice with the parts of `other` in place of its own.
  func merging(_ other: TuningChoice) -> TuningChoice {
    TuningChoice(
      algorithm: other.algorithm ?? algorithm,
      parameters: parameters.merging(other.parameters) { $1 })
  }
}

extension TuningChoice: LosslessStringConvertible {
  /// The parts in order of their names.
  package var description: String {
    let words =
      (algorithm.map { [$0.rawValue] } ?? [])
      + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return words.isEmpty ? "default" : words.joined(separator: " ")
  }

  /// Reads what `description` writes; nil for anything else.
  package init?(_ description: String) {
    self.init()
    if description == "default" { return }
    var words = description.split(separator: " ", omittingEmptySubsequences: false)[...]
    if let name = words.first, let algorithm = Algorithm(rawValue: String(name)) {
      self.algorithm = algorithm
      words.removeFirst()
    }
    for word in words {
      let sides = word.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let value = Int(sides[1]),
        parameters.updateValue(value, forKey: String(sides[0])) == nil
      else { return nil }
    }
    if isDefault { return nil }
  }
}
