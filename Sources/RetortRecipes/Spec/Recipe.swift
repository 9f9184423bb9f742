import RetortCore

/// A whole run, as written down: who teaches whom, on what, how, for how long.
public struct Recipe: Equatable, Sendable {
  /// What the run folder is called when nothing else is said.
  public var name: String
  /// What all randomness of the run depends on.
  public var seed: UInt64
  /// What products and convolutions multiply in.
  public var compute: ComputeType
  /// The stages in order, variants expanded; at least one.
  public var stages: [StageSpec]
  /// What was decided for the user where a recipe is silent, a sentence each, to be told once.
  public var notes: [String] = []

  /// A recipe of the given stages.
  public init(name: String, seed: UInt64 = 1, compute: ComputeType = .float32, stages: [StageSpec])
  {
    (self.name, self.seed, self.compute, self.stages) = (name, seed, compute, stages)
  }

  /// Whether both say the same; notes are no part of it.
  public static func == (a: Recipe, b: Recipe) -> Bool {
    (a.name, a.seed, a.compute, a.stages) == (b.name, b.seed, b.compute, b.stages)
  }
}
