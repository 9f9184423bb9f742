/// Up to two of `names` that a person may have meant by `name`, the nearest first.
///
/// Names more than a third of whose letters differ are left out unless none is nearer.
package func nearestNames(to name: String, in names: [String]) -> [String] {
  let ranked = names.map { (distance: editDistance(name, $0), name: $0) }.sorted { $0 < $1 }
  let near = ranked.filter { $0.distance * 3 <= max(name.count, $0.name.count) }
  return (near.isEmpty ? ranked.prefix(1) : near.prefix(2)).map(\.name)
}

/// The number of letters to insert, delete or replace among the first hundred of each: time grows with the
/// product of the lengths, and names out of files may be as long as the file.
private func editDistance(_ name: String, _ other: String) -> Int {
  let (a, other) = (name.prefix(100), Array(other.prefix(100)))
  var row = Array(0...other.count)
  for (i, letter) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, candidate) in other.enumerated() {
      let replaced = diagonal + (letter == candidate ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[other.count]
}
