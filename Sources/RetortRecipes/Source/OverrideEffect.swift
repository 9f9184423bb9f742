import RetortSchema

/// Whether an override changes the stages that it speaks of.
///
/// What all stages share can be set anew by each stage, and what a stage says by each of its variants. An
/// override of the outer value then goes nowhere, or only into some of the stages.
struct OverrideEffect {
  let override: RecipeOverride
  /// The recipe before and after the override.
  let before: RecipeNode, after: RecipeNode
  /// The paths where it is in `after`.
  let targets: [[String]]

  /// How far the value gets.
  private struct Reach {
    /// A stage that it does not get to, with a path that would lead there.
    struct Block {
      let stage: Int
      let path: [String]
    }

    /// Whether it changes something that is no part of a stage.
    var isOutside = false
    /// The stages that get it, by their numbers.
    var reached: Set<Int> = []
    /// The stages that do not.
    var blocks: [Block] = []

    /// Whether it has an effect, and on all that inherit it.
    var isWhole: Bool { blocks.isEmpty && (isOutside || !reached.isEmpty) }
  }

  init(_ override: RecipeOverride, on recipe: RecipeNode) throws(RecipeErrors) {
    (self.override, before) = (override, recipe)
    (after, targets) = try override.applied(to: recipe)
  }

  /// What is wrong with it: it reaches no stage, or not all that it would fit; nil if all is well.
  var fault: RecipeFault? {
    let reach = reach
    let blocks = reach.blocks.filter { block in
      trial(words(of: block.path)) { $0.reached.contains(block.stage) }
    }
    let name = override.path.joined(separator: ".")
    if !blocks.isEmpty {
      let stages = StageLayers.all(of: after)
      return RecipeFault(
        override.place,
        .shadowed(
          name, in: unique(blocks.map { stages[$0.stage].name }),
          instead: suggestions(unique(blocks.map(\.path)))))
    }
    guard !reach.isOutside, reach.reached.isEmpty else { return nil }
    return RecipeFault(
      override.place, override.value.content == .null ? .nothingToTake(name) : .withoutEffect(name))
  }

  /// Whether nothing of the override is left in `recipe`, where later ones have been applied.
  func isReplaced(in recipe: RecipeNode) -> Bool {
    guard override.value.content != .null else { return false }
    return !targets.contains { target in
      recipe.value(at: target[...])?.leaves.contains { $0.node.place == override.place } == true
    }
  }

  private var reach: Reach {
    let (stages, earlier) = (StageLayers.all(of: after), StageLayers.all(of: before))
    let isNull = override.value.content == .null
    var reach = Reach()
    for target in targets {
      let places = stages.map { $0.layer(of: target) }
      if places.allSatisfy({ $0 == nil }) {
        // The recipe's own keys, names and whole lists of stages are never shadowed.
        let isThere = !isNull || before.value(at: target[...]) != nil
        reach.isOutside = reach.isOutside || isThere
      }
      for (index, place) in places.enumerated() {
        guard let (layer, rest) = place else { continue }
        for leaf in override.value.leaves.map({ rest + $0.path }) {
          if let obstacle = stages[index].obstacle(to: leaf, from: layer) {
            // A stage that does without a part wants no other value of it.
            guard !obstacle.node.hasNull(along: leaf) else { continue }
            reach.blocks.append(.init(stage: index, path: obstacle.path + rest))
          } else if !isNull
            || earlier.indices.contains(index) && earlier[index].merged.value(at: leaf) != nil
          {
            reach.reached.insert(index)
          }
        }
      }
    }
    return reach
  }

  /// Whether the same value is well placed under another path: `isMeant` of how far it gets, and not the
  /// cause of a fault.
  private func trial(_ path: String, _ isMeant: (Reach) -> Bool) -> Bool {
    do throws(RecipeErrors) {
      let other = try OverrideEffect(RecipeOverride("\(path)=\(override.valueText)"), on: before)
      guard isMeant(other.reach) else { return false }
      do throws(RecipeErrors) {
        _ = try RecipeDecoder.decode(other.after)
        return true
      } catch {
        return !error.faults.contains { $0.place == other.override.place }
      }
    } catch {
      return false
    }
  }

  /// Paths that have a whole effect where the override has none: in each place by itself, then in all.
  private func suggestions(_ paths: [[String]]) -> [String] {
    func isWhole(_ path: String) -> Bool { trial(path) { $0.isWhole } }
    let single = paths.map { path in
      let own = words(of: path)
      guard path.count > 2, path[0] == "stages", !path.contains("variants"), !isWhole(own) else {
        return own
      }
      return words(of: Array(path[..<2])) + ".variants.*." + path[2...].joined(separator: ".")
    }
    let all = paths.compactMap { path -> String? in
      guard let list = path.lastIndex(where: { $0 == "variants" || $0 == "stages" }),
        list + 2 < path.count
      else { return nil }
      return words(of: Array(path[...list])) + ".*." + path[(list + 2)...].joined(separator: ".")
    }
    let short = unique(all).filter(isWhole)
    let long = unique(single).filter { !short.contains($0) && isWhole($0) }
    return (long.count > 4 && !short.isEmpty ? [] : long) + short
  }

  /// A path with the names of elements in place of their numbers, where those can be written.
  private func words(of path: [String]) -> String {
    var node: RecipeNode? = after
    return path.map { part in
      guard let elements = node?.elements, let index = Int(part), elements.indices.contains(index)
      else {
        node = node?[part]
        return part
      }
      node = elements[index]
      guard let name = node?["name"]?.text, !name.contains("."), Int(name) == nil else {
        return part
      }
      return name
    }.joined(separator: ".")
  }

  private func unique<Element: Equatable>(_ elements: [Element]) -> [Element] {
    elements.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
