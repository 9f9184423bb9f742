extension Key where Root: Configurable {
  /// The key that selects a catalog entry, together with the keys of the selected entry.
  public static func kind<Element>(
    _ name: String = "kind", _ target: KeyTarget<Root, Element>, of catalog: Catalog<Element>,
    isRequired: Bool = false, _ meaning: String
  ) -> Self {
    let element = isRequired ? nil : Root()[keyPath: target]
    var result = Key(
      catalog.info(key: name, isRequired: isRequired, default: element, meaning),
      read: { reader, root in
        let standard = isRequired ? nil : root[keyPath: target]
        if let found = catalog.read(reader, key: name, default: standard) {
          root[keyPath: target] = found
        }
      }, write: { catalog.entries(of: $0[keyPath: target], key: name) })
    result.isKind = true
    return result
  }
}
