/// Collects faults while decoding goes on, each once.
package final class FaultList {
  package private(set) var faults: [RecipeFault] = []
  /// What has been noted so far, by place.
  private var noted: [RecipeFault.Place: [RecipeFault.Reason]] = [:]

  package init() {}

  /// A key of a recipe, which several stages may inherit.
  private struct Key: Hashable {
    let place: RecipeFault.Place
    let path: String
  }

  /// The keys that nobody knows.
  private var unknown: Set<Key> = []
  /// The keys that a stage has made use of.
  private var used: Set<Key> = []
  /// The keys that had no effect in a stage, with the first fault that says so, in order.
  private var idle: [(key: Key, reason: RecipeFault.Reason)] = []

  /// Notes a fault, unless it has been noted already.
  package func add(_ place: RecipeFault.Place, _ reason: RecipeFault.Reason) {
    guard noted[place]?.contains(reason) != true else { return }
    noted[place, default: []].append(reason)
    faults.append(RecipeFault(place, reason))
  }

  /// Whether the unknown key `path`, which stands at `place`, is met for the first time.
  package func isFirst(_ place: RecipeFault.Place, _ path: String) -> Bool {
    unknown.insert(Key(place: place, path: path)).inserted
  }

  /// Notes that the key `path`, which stands at `place`, has an effect in a stage.
  package func use(_ place: RecipeFault.Place, _ path: String) {
    used.insert(Key(place: place, path: path))
  }

  /// Notes that the key `path`, which stands at `place`, has no effect in a stage.
  ///
  /// This is a fault if no other stage that inherits the key makes use of it.
  package func addIdle(_ place: RecipeFault.Place, _ path: String, _ reason: RecipeFault.Reason) {
    idle.append((Key(place: place, path: path), reason))
  }

  /// Makes faults of the keys that had no effect in any stage; to be called after the last stage.
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
