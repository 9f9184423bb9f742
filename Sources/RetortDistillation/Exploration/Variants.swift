import RetortSchema

/// Texts that are decoded in some steps and learnt from in others: to decode is what a search for texts costs.
///
/// A few variants of each training text are kept, with what the teacher says of them. In one step in N the new texts are
/// decoded, each in place of its text's oldest variant; the other steps are another plan, which decodes nothing and asks
/// no teacher of them.
public struct Variants: Hashable, Sendable {
  /// M, how many variants of each text are kept, ≥ 1.
  public var count = 4
  /// N, ≥ 1.
  public var every = 4

  /// Four variants, and one step in four that decodes.
  public init() {}

  /// `count` variants, and one step in `every` that decodes.
  public init(_ count: Int, every: Int) { (self.count, self.every) = (count, every) }

  /// Whether step `step`, counted from 0, decodes.
  func decodes(_ step: Int) -> Bool { step % every == 0 }

  /// How many of the first `count` steps decode.
  func decodingSteps(of count: Int) -> Int { (count + every - 1) / every }
}

extension Variants: Configurable {
  /// The keys of `variants` in recipes.
  public static let keys: [Key<Variants>] = [
    .int("count", \.count, 1...64, "M, how many variants of each text are kept"),
    .int(
      "every", \.every, 2...1000,
      "N: in one step in N new texts are decoded, each in place of its text's oldest variant; in the others kept "
        + "ones are learnt from"),
  ]
}
