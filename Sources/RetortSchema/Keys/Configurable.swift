/// A type whose values a recipe writes as one map.
///
/// Decoding with every fault at once, the written form, defaults, explanations and what merging replaces
/// all follow from `keys`.
public protocol Configurable: Equatable, Sendable {
  /// The value of an empty map: every default.
  init()

  /// The keys of the map in the order in which they are read, written and explained. A key that is
  /// `only(with:_:)` another comes after it.
  static var keys: [Key<Self>] { get }

  /// The key whose value may stand in place of the whole map, such as `kind`; none by default.
  static var shorthand: String? { get }

  /// What is wrong with keys that are right by themselves; none by default.
  var faults: [KeyFault] { get }
}

extension Configurable {
  /// The map is always written out.
  public static var shorthand: String? { nil }

  /// Nothing is wrong.
  public var faults: [KeyFault] { [] }

  /// What is known of the map without a value of it.
  public static var mapInfo: MapInfo {
    let infos = keys.flatMap(\.infos)
    let kinds = keys.filter { $0.isKind || $0.name == "kind" }
    return MapInfo(keys: infos, identities: kinds.map(\.name), shorthand: shorthand)
  }
}

/// A rule between the keys of one map that a value breaks.
public struct KeyFault: Equatable, Sendable {
  /// The key to blame.
  public var key: String
  /// What is wrong and the way out, one line.
  public var message: String

  /// A fault of `key`.
  public init(_ key: String, _ message: String) { (self.key, self.message) = (key, message) }
}
