/// The faults found while decoding a recipe, each once.
package final class FaultList {
  package private(set) var faults: [RecipeFault] = []
  /// The reasons recorded so far, by place.
  private var noted: [RecipeFault.Place: [RecipeFault.Reason]] = [:]

  package init() {}

  /// A key of a recipe, which several stages may inherit.
  private struct Key: Hashable {
    let place: RecipeFault.Place
    let path: String
  }

  /// The unknown keys met so far.
  private var unknown: Set<Key> = []
  /// The keys that have an effect in some stage.
  private var used: Set<Key> = []
  /// The keys without effect in a stage, each with the fault that reports it, in order.
  private var idle: [(key: Key, reason: RecipeFault.Reason)] = []

  /// Adds a fault, unless it is in the list already.
  package func add(_ place: RecipeFault.Place, _ reason: RecipeFault.Reason) {
    guard noted[place]?.contains(reason) != true else { return }
    noted[place, default: []].append(reason)
    faults.append(RecipeFault(place, reason))
  }

  /// Whether the unknown key `path` at `place` is met for the first time.
  package func isFirst(_ place: RecipeFault.Place, _ path: String) -> Bool {
    unknown.insert(Key(place: place, path: path)).inserted
  }

  /// Records that the key `path` at `place` has an effect in a stage.
  package func use(_ place: RecipeFault.Place, _ path: String) {
    used.insert(Key(place: place, path: path))
  }

  /// Records that the key `path` at `place` has no effect in a stage.
  ///
  /// It is a fault if no other stage that inherits the key uses it.
  package func addIdle(_ place: RecipeFault.Place, _ path: String, _ reason: RecipeFault.Reason) {
    idle.append((Key(place: place, path: path), reason))
  }

  /// Adds the faults of keys without effect in any stage; to be called after the last stage.
  package func settle() {
    for (key, reason) in idle where used.insert(key).inserted { add(key.place, reason) }
    idle = []
  }

  /// The faults in the order of the file's lines.
  package var sorted: [RecipeFault] {
    faults.enumerated().sorted { a, b in
      guard case .file(let path, let line, let column) = a.element.place,
        case .file(let other, let otherLine, let otherColumn) = b.element.place, path == other
      else { return a.offset < b.offset }
      return (line, column, a.offset) < (otherLine, otherColumn, b.offset)
    }.map(\.element)
  }
}
