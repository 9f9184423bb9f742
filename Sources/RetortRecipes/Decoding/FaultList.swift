/// Collects faults while decoding goes on, each once.
final class FaultList {
  private(set) var faults: [RecipeFault] = []

  /// Notes a fault; a second time it is not news.
  func add(_ place: RecipeFault.Place, _ reason: RecipeFault.Reason) {
    let fault = RecipeFault(place, reason)
    if !faults.contains(fault) { faults.append(fault) }
  }

  /// The faults in the order of the file's lines.
  var sorted: [RecipeFault] {
    faults.enumerated().sorted { a, b in
      guard case .file(let path, let line, let column) = a.element.place,
        case .file(let other, let otherLine, let otherColumn) = b.element.place, path == other
      else { return a.offset < b.offset }
      return (line, column, a.offset) < (otherLine, otherColumn, b.offset)
    }.map(\.element)
  }
}
