/// The range of a key's numbers, with its description for messages.
public struct NumberRange: Equatable, Sendable {
  /// The bounds.
  public var lower: Double, upper: Double
  /// Whether the bounds are included.
  public var includesLower: Bool, includesUpper: Bool

  /// A range from `lower` to `upper`, by default including both.
  public init(
    _ lower: Double, _ upper: Double, includesLower: Bool = true, includesUpper: Bool = true
  ) {
    (self.lower, self.upper) = (lower, upper)
    (self.includesLower, self.includesUpper) = (includesLower, includesUpper)
  }

  /// Greater than zero, at most `limit`.
  public static func positive(upTo limit: Double = 1e6) -> NumberRange {
    NumberRange(0, limit, includesLower: false)
  }

  /// At least zero, at most `limit`.
  public static func notNegative(upTo limit: Double = 1e6) -> NumberRange { NumberRange(0, limit) }

  /// At least one, at most `limit`.
  public static func atLeastOne(upTo limit: Double = 1e6) -> NumberRange { NumberRange(1, limit) }

  /// At least zero and less than one.
  public static let belowOne = NumberRange(0, 1, includesUpper: false)

  /// Between zero and one, both excluded.
  public static let insideUnit = NumberRange(0, 1, includesLower: false, includesUpper: false)

  /// From zero to one, both included.
  public static let unit = NumberRange(0, 1)

  /// Whether `number` is in the range.
  public func contains(_ number: Double) -> Bool {
    (includesLower ? number >= lower : number > lower)
      && (includesUpper ? number <= upper : number < upper)
  }

  /// The range in words that complete "it must be".
  public var description: String {
    let (low, high) = (YAMLText.number(lower), YAMLText.number(upper))
    return switch (includesLower, includesUpper) {
    case (true, true): "from \(low) to \(high)"
    case (false, true): "greater than \(low) and at most \(high)"
    case (true, false): "at least \(low) and less than \(high)"
    case (false, false): "between \(low) and \(high)"
    }
  }
}
