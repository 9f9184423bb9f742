import RetortSchema

extension StageLayers {
  /// The faults of values that stages could inherit, but that every one of them sets anew.
  ///
  /// - Parameter file: Where the values stand; what comes from recipes that this one extends may well be
  ///   of no use to it.
  static func faults(of root: RecipeNode, in file: String) -> [RecipeFault] {
    let stages = all(of: root)
    var seen: Set<[String]> = []
    var faults: [RecipeFault] = []
    for stage in stages {
      for (index, layer) in stage.layers.enumerated() where seen.insert(layer.path).inserted {
        let heirs = stages.filter {
          $0.layers.indices.contains(index) && $0.layers[index].path == layer.path
        }
        // A layer of more values has unknown keys, which are faults enough.
        for (path, node) in layer.node.leaves.prefix(200) where node.content != .null {
          guard case .file(file, _, _) = node.place,
            path.first.map(StageSpec.keyNames.contains) == true,
            heirs.allSatisfy({ $0.obstacle(to: path[...], from: index) != nil })
          else { continue }
          faults.append(RecipeFault(node.place, .unreached(path.joined(separator: "."))))
        }
      }
    }
    return faults
  }
}
