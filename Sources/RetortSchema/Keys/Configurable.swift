/// A type whose values are maps in a recipe.
///
/// Decoding with all faults at once, writing, defaults, explanations and the rules of merging all derive from
/// `keys`.
public protocol Configurable: Equatable, Sendable {
  /// The value of an empty map, with all defaults.
  init()

  /// The keys of the map, in the order of reading, writing and explaining. A key that depends on another by
  /// `only(with:_:)` comes after it.
  static var keys: [Key<Self>] { get }

  /// The key whose value alone may stand for the whole map, such as `kind`; nil by default.
  static var shorthand: String? { get }

  /// The faults between keys that are valid individually; none by default.
  var faults: [KeyFault] { get }
}

extension Configurable {
  /// nil: the map is always written in full.
  public static var shorthand: String? { nil }

  /// No faults.
  public var faults: [KeyFault] { [] }

  /// The description of the map, independent of a value.
  public static var mapInfo: MapInfo {
    let infos = keys.flatMap(\.infos)
    let kinds = keys.filter { $0.isKind || $0.name == "kind" }
    return MapInfo(keys: infos, identities: kinds.map(\.name), shorthand: shorthand)
  }
}

/// A violation of a rule between the keys of one map.
public struct KeyFault: Equatable, Sendable {
  /// The key at which the fault is reported.
  public var key: String
  /// The fault and a remedy, one line.
  public var message: String

  /// A fault reported at `key`.
  public init(_ key: String, _ message: String) { (self.key, self.message) = (key, message) }
}
