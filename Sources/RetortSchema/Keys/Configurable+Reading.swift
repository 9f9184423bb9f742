extension Configurable {
  /// Decodes a value from a map; faults are added to the reader's list.
  package init(from reader: MapReader) {
    self.init()
    read(reader)
    reader.finish()
  }

  /// Reads the keys of this type; the map may have others.
  package mutating func read(_ reader: MapReader) {
    let known = reader.faults.faults.count
    // Keys without effect, with the state that rules them out; keys that depend on a faulty one.
    var idle: [String: (state: String, owners: [String])] = [:]
    var unclear: Set<String> = []
    for key in Self.keys {
      let names = key.infos.map(\.name)
      if let condition = key.condition {
        let decider = condition.key ?? ""
        if unclear.contains(decider) || reader.failed.contains(decider) {
          reader.pass(over: names)
          unclear.insert(key.name)
          continue
        }
        let reason = idle[decider]
        if reason != nil || !condition.isMet(self) {
          let (state, owners) = reason ?? (condition.state(self), condition.owners)
          reader.misplaced(names, with: state, belongTo: owners)
          idle[key.name] = (state, owners)
          continue
        }
      }
      if !key.rivals.isEmpty { reader.exclude([key.name] + key.rivals) }
      key.read(reader, &self)
    }
    guard reader.faults.faults.count == known else { return }
    for fault in faults {
      reader.faults.add(
        reader.value(fault.key)?.place ?? reader.node.place, .rule(fault.message))
    }
  }

  /// The entries of the written map: all keys that have an effect and a value.
  package var entries: [YAMLEntry] {
    var idle: Set<String> = []
    return Self.keys.flatMap { key -> [YAMLEntry] in
      if let condition = key.condition,
        condition.key.map(idle.contains) == true || !condition.isMet(self)
      {
        idle.insert(key.name)
        return []
      }
      return key.write(self)
    }
  }

  /// Whether the key `name` has an effect in this value.
  package func uses(_ name: String) -> Bool {
    guard let key = Self.keys.first(where: { $0.name == name }) else { return false }
    guard let condition = key.condition else { return true }
    return condition.isMet(self) && condition.key.map(uses) ?? true
  }
}
