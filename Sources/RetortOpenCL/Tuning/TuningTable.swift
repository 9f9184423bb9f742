/// Choices for contractions; planners decide those that it does not hold.
package struct TuningTable: Equatable, Sendable {
  /// The choices, those among them that confirm the default.
  package private(set) var choices: [TuningKey: TuningChoice]

  /// A table of the given choices.
  package init(_ choices: [TuningKey: TuningChoice] = [:]) { self.choices = choices }

  /// The choice for a key, or nil.
  package subscript(key: TuningKey) -> TuningChoice? {
    get { choices[key] }
    set { choices[key] = newValue }
  }

  /// This table with the choices of `other` in place of its own.
  package func merging(_ other: TuningTable) -> TuningTable {
    TuningTable(choices.merging(other.choices) { $1 })
  }
}
