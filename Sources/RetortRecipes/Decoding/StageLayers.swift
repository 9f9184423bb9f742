import RetortSchema

/// One stage of a recipe before it has types: the maps that it is made of.
///
/// The outermost map holds what all stages share, the next one is the stage's own, and the last one that
/// of a variant. Each is laid over the one before it.
struct StageLayers {
  /// One of the maps, without what is not part of a stage.
  struct Layer {
    /// The keys and places in lists that lead to it from the recipe's top.
    let path: [String]
    let node: RecipeNode
  }

  /// The most stages and variants that a recipe may have.
  static let limit = 1000

  /// The stage's name; variants are called `stage/variant`.
  let name: String
  /// The maps, the outermost first.
  let layers: [Layer]
  /// The layers up to and with each one, laid over each other.
  private let merges: [RecipeNode]

  private init(name: String, layers: [Layer]) {
    (self.name, self.layers) = (name, layers)
    var below = RecipeNode(place: layers[0].node.place, content: .map([]))
    merges = layers.map { layer in
      below = below.merged(with: layer.node, RecipeKeys.recipe)
      return below
    }
  }

  /// How many stages a recipe has, with one for each variant.
  static func count(in root: RecipeNode) -> Int {
    (root["stages"]?.elements ?? [root]).reduce(0) {
      $0 + ($1["variants"]?.elements?.count ?? 1)
    }
  }

  /// The stages of a recipe, with one for each variant; what is malformed is left out.
  static func all(of root: RecipeNode) -> [StageLayers] {
    let shared = Layer(path: [], node: root.keeping(StageSpec.keyNames))
    guard let list = root["stages"] else {
      return variants(of: root, name: root["name"]?.text ?? "recipe", [shared])
    }
    return (list.elements ?? []).enumerated().flatMap { index, stage -> [StageLayers] in
      guard stage.entries != nil else { return [] }
      let own = Layer(path: ["stages", "\(index)"], node: stage.keeping(StageSpec.keyNames))
      return variants(of: stage, name: stage["name"]?.text ?? "stages[\(index)]", [shared, own])
    }
  }

  /// The stage of the given layers, or one for each of its variants.
  private static func variants(
    of stage: RecipeNode, name: String, _ layers: [Layer]
  ) -> [StageLayers] {
    guard let variants = stage["variants"] else { return [StageLayers(name: name, layers: layers)] }
    let above = layers[layers.count - 1].path
    return (variants.elements ?? []).enumerated().compactMap { index, variant in
      guard variant.entries != nil else { return nil }
      let own = Layer(
        path: above + ["variants", "\(index)"], node: variant.keeping(StageSpec.keyNames))
      return StageLayers(
        name: "\(name)/\(variant["name"]?.text ?? "variants[\(index)]")", layers: layers + [own])
    }
  }

  /// The stage as a whole.
  var merged: RecipeNode { merges[merges.count - 1] }

  /// The layer that `path`, counted from the recipe's top, leads into, and the rest of the path there;
  /// nil where it leads elsewhere.
  func layer(of path: [String]) -> (index: Int, rest: ArraySlice<String>)? {
    guard
      let index = layers.lastIndex(where: {
        path.count > $0.path.count && path.starts(with: $0.path)
      })
    else { return nil }
    let rest = path.dropFirst(layers[index].path.count)
    return rest.first.map(StageSpec.keyNames.contains) == true ? (index, rest) : nil
  }

  /// The innermost layer that keeps what layer `index` has at `path` from the stage; nil where it
  /// arrives.
  func obstacle(to path: ArraySlice<String>, from index: Int) -> Layer? {
    layers.indices.dropFirst(index + 1).last {
      !merges[$0 - 1].keeps(path, below: layers[$0].node, RecipeKeys.recipe)
    }.map { layers[$0] }
  }
}
