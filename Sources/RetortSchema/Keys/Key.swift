/// One key of a map: its name, and how to read, check, write and explain its value.
///
/// Declared once, in `Configurable.keys`, by the function of its type: `.number`, `.int`, `.bool`,
/// `.choice`, `.text`, `.path`, `.seed`, `.map`, `.kind`.
public struct Key<Root: Sendable>: Sendable {
  /// The condition under which a key has an effect.
  package struct Condition: Sendable {
    /// The key that decides, if there is one.
    let key: String?
    let isMet: @Sendable (Root) -> Bool
    /// The state in which the key has no effect, such as `'adam'`.
    let state: @Sendable (Root) -> String
    /// The states in which the key has an effect.
    let owners: [String]
  }

  /// The description of the key, followed by those of the selected entry's keys for a `kind`.
  public package(set) var infos: [KeyInfo]
  package let read: @Sendable (MapReader, inout Root) -> Void
  /// The entries of the written map.
  package let write: @Sendable (Root) -> [YAMLEntry]
  package private(set) var condition: Condition?
  /// Whether a change of the key's value invalidates all other keys of its map.
  package var isKind = false
  /// For the first of mutually exclusive keys, the others.
  package fileprivate(set) var rivals: [String] = []

  package init(
    _ infos: [KeyInfo], read: @escaping @Sendable (MapReader, inout Root) -> Void,
    write: @escaping @Sendable (Root) -> [YAMLEntry]
  ) {
    (self.infos, self.read, self.write) = (infos, read, write)
  }

  /// The name in recipes.
  public var name: String { infos.first?.name ?? "" }

  /// Makes the key required: a map without it is a fault.
  public func required() -> Self {
    var key = self
    let (name, inner) = (name, read)
    key = Key(
      infos,
      read: { reader, root in
        reader.require(name)
        inner(reader, &root)
      }, write: write)
    (key.condition, key.rivals, key.isKind) = (condition, rivals, isKind)
    for index in key.infos.indices {
      (key.infos[index].isRequired, key.infos[index].defaultText) = (true, nil)
    }
    return key
  }

  /// Omits the key from the written map if it has its default, as in most recipes.
  public func omittedAtDefault() -> Self {
    let (write, standard) = (write, infos.first?.defaultText)
    var key = Key(
      infos, read: read, write: { root in write(root).filter { $0.value != standard } })
    (key.condition, key.rivals, key.isKind) = (condition, rivals, isKind)
    return key
  }

  /// Adds other spellings that recipes may use.
  public func alias(_ names: String...) -> Self {
    var key = self
    key.infos[0].aliases += names
    return key
  }

  /// Restricts the key to states in which `isMet` holds; in others it has no effect.
  ///
  /// - Parameters:
  ///   - isMet: Whether the key has an effect.
  ///   - state: The state in which the key has no effect, such as `a shift of 0`.
  ///   - owners: The states in which the key has an effect, such as `a shift of 1 or more`.
  public func only(
    where isMet: @escaping @Sendable (Root) -> Bool, not state: String, but owners: [String]
  ) -> Self {
    only(Condition(key: nil, isMet: isMet, state: { _ in state }, owners: owners))
  }

  package func only(_ condition: Condition) -> Self {
    var key = self
    key.condition = condition
    for index in key.infos.indices { key.infos[index].owners = condition.owners }
    return key
  }
}

extension Key where Root: Configurable {
  /// Restricts the key to maps where the key `decider`, declared before it, has one of `values`.
  public func only(with decider: String, _ values: [String]) -> Self {
    @Sendable func word(_ root: Root) -> String {
      let key = Root.keys.first { $0.name == decider }
      return key?.write(root).first { $0.key == decider }?.value ?? "nothing"
    }
    return only(
      Condition(
        key: decider, isMet: { values.contains(word($0)) }, state: { "'\(word($0))'" },
        owners: values))
  }
}

extension Array {
  /// Mutually exclusive keys, of which a map has at most one.
  public static func oneOf<Root>(_ keys: Key<Root>...) -> [Key<Root>] where Element == Key<Root> {
    let names = keys.map(\.name)
    return keys.enumerated().map { index, key in
      var key = key
      let others = names.filter { $0 != key.name }
      if index == 0 { key.rivals = others }
      for info in key.infos.indices { key.infos[info].alternatives = others }
      return key
    }
  }
}
