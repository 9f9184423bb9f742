import RetortSchema

/// When a search by gradients climbs; in other steps it ends where it starts, as the random search does.
///
/// Such a step costs no gradient, for it is another plan. Early on teacher and student disagree nearly everywhere, and
/// random points teach as much.
public struct Climb: Hashable, Sendable {
  /// The share of the training before which no search climbs, in [0, 1).
  public var from = 0.0
  /// Of the steps from then on one in so many climbs, ≥ 1.
  public var every = 1

  /// In all steps.
  public init() {}

  /// From a share of the training on, one step in `every`.
  public init(from share: Double, every: Int = 1) { (from, self.every) = (share, every) }

  /// Whether step `step` of `steps`, counted from 0, climbs.
  func climbs(_ step: Int, of steps: Int) -> Bool {
    let first = first(of: steps)
    return step >= first && (step - first) % every == 0
  }

  /// How many of the first `count` steps of `steps` climb.
  func count(of count: Int, in steps: Int) -> Int {
    max(0, count - first(of: steps) + every - 1) / every
  }

  /// The first step that climbs.
  private func first(of steps: Int) -> Int { Int((from * Double(steps)).rounded(.up)) }
}

extension Climb: Configurable {
  /// The keys of `climb` in recipes.
  public static let keys: [Key<Climb>] = [
    .number(
      "from", \.from, .belowOne,
      "the share of the training before which no search climbs"),
    .int("every", \.every, 1...1000, "of the steps from then on one in so many climbs"),
  ]
}
