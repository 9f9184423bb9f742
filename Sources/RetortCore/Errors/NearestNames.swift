/// Up to two of `names` nearest to `name` by edit distance, the nearest first, for hints on misspellings.
///
/// A name that differs in more than a third of its letters is returned only if none is nearer.
package func nearestNames(to name: String, in names: [String]) -> [String] {
  let ranked = names.map { (distance: editDistance(name, $0), name: $0) }.sorted { $0 < $1 }
  let near = ranked.filter { $0.distance * 3 <= max(name.count, $0.name.count) }
  return (near.isEmpty ? ranked.prefix(1) : near.prefix(2)).map(\.name)
}

/// The Levenshtein distance between the first hundred letters of each name.
///
/// Capped because time grows with the product of the lengths, and a name in a file may be as long as the
/// file.
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
