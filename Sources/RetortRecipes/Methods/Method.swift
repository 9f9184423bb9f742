/// What one way to teach or to train, or to feed a student, does, and how a recipe asks for it.
public struct Method: Equatable, Sendable {
  /// Where in a recipe the method stands.
  public enum Kind: String, Sendable {
    /// An element of `losses`, called by its `kind`.
    case loss
    /// The `explore` map, called by its `order`.
    case exploration
    /// The `optimizer` map, called by its `kind`.
    case optimizer
    /// A key of the `augment` map.
    case augmentation
    /// What `train` calls its `sampling`.
    case sampling
  }

  /// A key of the method's map.
  public struct Key: Equatable, Sendable {
    /// What it is called.
    public let name: String
    /// What holds where a recipe does not say; nil for nothing.
    public let standard: String?
    /// Which values it takes, as messages about wrong ones say.
    public let allowed: String
    /// What it is for.
    public let meaning: String

    init(_ name: String, _ standard: String?, _ allowed: String, _ meaning: String) {
      (self.name, self.standard) = (name, standard)
      (self.allowed, self.meaning) = (allowed, meaning)
    }
  }

  /// What a recipe calls it.
  public let name: String
  /// Where in a recipe it stands.
  public let kind: Kind
  /// What it does, in half a line.
  public let summary: String
  /// Why, and what it needs.
  public let discussion: String
  /// What is computed, line by line.
  public let equation: [String]
  /// Its keys besides its name.
  public let keys: [Key]
  /// Where it was published, or what it is a control of.
  public let source: String

  /// A line of a recipe that uses it.
  public var example: String {
    switch kind {
    case .loss: "losses: [{kind: \(name)}]"
    case .exploration: "explore: {order: \(name)}"
    case .optimizer: "optimizer: {kind: \(name)}"
    case .augmentation: "augment: {\(name): \(name == "flip" ? "true" : "4")}"
    case .sampling: "train: {sampling: \(name)}"
    }
  }
}
