import RetortNN

/// What the parameters of a published model are called in the catalog's.
struct HuggingFaceNames {
  /// A beginning of names, with `#` where a number stands, and what replaces it; nil for weights without use.
  typealias Rule = (pattern: String, name: @Sendable ([Int]) -> String?)

  /// The rules; the first that fits counts.
  let rules: [Rule]

  /// The weights under their names in the catalog's model; others keep theirs.
  ///
  /// Weights that get the same name are one, joined along the first axis in the order of the rules.
  func translated(_ weights: [NamedWeights]) -> [NamedWeights] {
    var found: [(rule: Int, weights: NamedWeights)] = []
    for entry in weights {
      let parts = entry.name.split(separator: ".")
      guard let (index, numbers, rest) = match(parts) else {
        found.append((rules.count, entry))
        continue
      }
      guard let start = rules[index].name(numbers) else { continue }
      var named = entry
      named.name = ([Substring(start)] + rest).joined(separator: ".")
      found.append((index, named))
    }
    var (joined, places) = ([NamedWeights](), [String: Int]())
    for (_, entry) in found.sorted(by: { $0.rule < $1.rule }) {
      guard let place = places[entry.name],
        entry.shape.dropFirst() == joined[place].shape.dropFirst(),
        !entry.shape.isEmpty
      else {
        places[entry.name] = joined.count
        joined.append(entry)
        continue
      }
      joined[place].shape[0] += entry.shape[0]
      joined[place].values += entry.values
    }
    return joined
  }

  private func match(
    _ parts: [Substring]
  ) -> (rule: Int, numbers: [Int], rest: ArraySlice<Substring>)? {
    for (index, rule) in rules.enumerated() {
      let pattern = rule.pattern.split(separator: ".")
      guard pattern.count <= parts.count else { continue }
      var numbers: [Int] = []
      let fits = zip(pattern, parts).allSatisfy { expected, part in
        guard expected == "#" else { return expected == part }
        guard let number = Int(part) else { return false }
        numbers.append(number)
        return true
      }
      if fits { return (index, numbers, parts[pattern.count...]) }
    }
    return nil
  }
}
