import RetortSchema

/// One thing that a recipe can name or a part that it has: what it is, its keys, and a line that uses it.
public struct ReferenceEntry: Equatable, Sendable {
  /// What sort of thing it is.
  public enum Kind: String, CaseIterable, Sendable {
    /// A part of a recipe, such as `train`.
    case part
    /// An element of `losses`, by its `kind`.
    case loss
    /// The `scheme` map, by its `kind`.
    case scheme
    /// The `explore` map, by its `kind`.
    case exploration
    /// The `optimizer` map, by its `kind`.
    case optimizer
    /// A learning-rate schedule, by its `kind`.
    case schedule
    /// A key of the `augment` map.
    case augmentation
    /// What `train` calls its `sampling`.
    case sampling
    /// A model, by its name.
    case model
    /// A dataset, by its name.
    case dataset
  }

  /// What sort of thing it is.
  public let kind: Kind
  /// What it is and does, and its name.
  public let explanation: Explanation
  /// Its keys besides its name, in order.
  public let keys: [KeyInfo]
  /// A line of a recipe that uses it; empty for what no recipe takes.
  public let example: String

  /// What a recipe calls it.
  public var name: String { explanation.name }
}

/// A name that nothing has.
public struct ReferenceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name.
  public let name: String
  /// The one that may have been meant.
  public let nearest: String?

  /// One line: what, and the way out.
  public var description: String {
    "There is nothing called '\(name)'."
      + (nearest.map { " Did you mean '\($0)'?" } ?? " See 'retort list'.")
  }
}
