/// What one named thing is and does: a loss, an optimizer, a model.
public struct Explanation: Equatable, Sendable {
  /// What a recipe calls it.
  public var name: String
  /// What it does, in half a line.
  public var summary: String
  /// Why, and what it needs.
  public var discussion: String
  /// What is computed, line by line; empty where there is no formula.
  public var equation: [String]
  /// Where it was published, or what it is a control of.
  public var source: String

  /// An explanation of `name`.
  public init(
    _ name: String, _ summary: String, _ discussion: String = "", equation: [String] = [],
    source: String
  ) {
    (self.name, self.summary, self.discussion) = (name, summary, discussion)
    (self.equation, self.source) = (equation, source)
  }
}

/// A configuration that stands in a catalog.
public protocol Explained {
  /// What it is and does, and its name in recipes.
  static var explanation: Explanation { get }
}

/// One kind of a catalog: its explanation, its keys, and how it is read and written.
public struct CatalogEntry<Element: Sendable>: Sendable {
  /// What it is and does.
  public let explanation: Explanation
  /// Its keys besides `kind`.
  public let keys: [KeyInfo]
  /// An element of this kind whose keys have their defaults.
  package let standard: Element
  package let read: @Sendable (MapReader) -> Element
  /// The entries of an element of this kind; nil for others.
  package let write: @Sendable (Element) -> [YAMLEntry]?

  /// The kind that `Value` describes.
  ///
  /// - Parameters:
  ///   - type: The type of the values.
  ///   - wrap: A value as an element: `{ $0 }` where elements are `any` of a protocol.
  public init<Value: Configurable & Explained>(
    _ type: Value.Type, wrap: @escaping @Sendable (Value) -> Element
  ) {
    explanation = Value.explanation
    keys = Value.keys.flatMap(\.infos)
    standard = wrap(Value())
    read = { reader in
      var value = Value()
      value.read(reader)
      return wrap(value)
    }
    write = { ($0 as? Value)?.entries }
  }

  /// What a recipe calls the kind.
  public var name: String { explanation.name }
}

/// The kinds of one sort of thing, in the order of lists: one line each.
public struct Catalog<Element: Sendable>: Sendable, ExpressibleByArrayLiteral {
  /// The kinds.
  public let entries: [CatalogEntry<Element>]

  /// A catalog of the given kinds.
  public init(arrayLiteral elements: CatalogEntry<Element>...) { entries = elements }

  /// The names of all kinds.
  public var names: [String] { entries.map(\.name) }

  /// The kind called `name`.
  public subscript(name: String) -> CatalogEntry<Element>? { entries.first { $0.name == name } }

  /// The kind of an element; nil for one that is of no kind of the catalog.
  public func entry(of element: Element) -> CatalogEntry<Element>? {
    entries.first { $0.write(element) != nil }
  }

  /// What is known of a map that has the kind under `key`.
  public func info(
    key: String = "kind", isRequired: Bool, default element: Element?, _ meaning: String
  )
    -> [KeyInfo]
  {
    var kind = KeyInfo(
      name: key, type: .choice(names), defaultText: element.flatMap(entry)?.name, meaning: meaning)
    kind.isRequired = isRequired
    var result = [kind]
    for entry in entries {
      for var info in entry.keys {
        let owners = entries.filter { $0.keys.contains { $0.name == info.name } }.map(\.name)
        guard !result.contains(where: { $0.name == info.name }) else { continue }
        if owners.count < entries.count { info.owners = owners }
        result.append(info)
      }
    }
    return result
  }

  /// The element that a map describes; nil if its kind is unknown or missing.
  ///
  /// - Parameter element: What holds where the map names no kind; nil if it must.
  package func read(_ reader: MapReader, key: String = "kind", default element: Element?)
    -> Element?
  {
    let word = element == nil ? reader.requiredChoice(key, names) : reader.choice(key, names)
    let found = word.map { self[$0] } ?? element.flatMap(entry)
    guard let entry = found, !reader.failed.contains(key) else {
      reader.pass(over: entries.flatMap { $0.keys.map(\.name) })
      return nil
    }
    let own = entry.keys.map(\.name)
    for other in Set(entries.flatMap { $0.keys.map(\.name) }).subtracting(own).sorted() {
      reader.misplaced(
        [other], with: "'\(entry.name)'",
        belongTo: entries.filter { $0.keys.contains { $0.name == other } }.map(\.name))
    }
    return entry.read(reader)
  }

  /// The written entries of an element.
  package func entries(of element: Element, key: String = "kind") -> [YAMLEntry] {
    guard let entry = entry(of: element) else { return [] }
    return [YAMLEntry(key, YAMLText.word(entry.name))] + (entry.write(element) ?? [])
  }
}
