import RetortCore

/// Expands stages and arms of a recipe's maps and decodes them.
struct RecipeDecoder {
  private let root: RecipeNode
  private let faults = FaultList()
  private var stages: StageDecoder

  init(_ root: RecipeNode) {
    self.root = root
    stages = StageDecoder(faults)
  }

  /// The recipe.
  ///
  /// - Throws: `RecipeErrors` with every fault.
  static func decode(_ root: RecipeNode) throws(RecipeErrors) -> Recipe {
    var decoder = RecipeDecoder(root)
    return try decoder.decode()
  }

  private mutating func decode() throws(RecipeErrors) -> Recipe {
    let reader = MapReader(root, "", faults)
    reader.require("version")
    if let version = reader.value("version"), version.text != "1" {
      faults.add(version.place, .version(found: version.text ?? version.kind))
    }
    reader.require("name")
    let name = name(reader) ?? "recipe"
    let seed = reader.seed("seed") ?? 1
    let compute = reader.choice("compute", ComputeType.allCases.map(\.rawValue))
    let list = reader.value("stages")
    for key in StageDecoder.keys { _ = reader.value(key) }
    let shared = root.removing(["version", "name", "seed", "compute", "stages", "arms"])
    let empty = RecipeNode(place: root.place, content: .map([]))
    if let list {
      reader.finish()
      decode(stages: list, over: empty.merged(with: shared))
    } else if root.entries != nil {
      _ = reader.value("arms")
      reader.finish()
      add(shared, name: name, over: empty, arms: reader.value("arms"), path: "arms")
    }
    guard faults.faults.isEmpty else { throw RecipeErrors(faults.sorted) }
    return Recipe(
      name: name, seed: seed, compute: compute.flatMap(ComputeType.init) ?? .float32,
      stages: stages.stages)
  }

  private mutating func decode(stages list: RecipeNode, over shared: RecipeNode) {
    guard let elements = list.elements, !elements.isEmpty else {
      faults.add(
        list.place,
        .wrongType(
          "stages", expected: "a list of at least one stage",
          found: list.elements == nil ? list.kind : "an empty list"))
      return
    }
    for (index, element) in elements.enumerated() {
      let path = "stages[\(index)]"
      guard let name = checkedName(element, path, besides: ["arms"]) else { continue }
      add(
        element.removing(["name", "arms"]), name: name, over: shared, arms: element["arms"],
        path: path + ".arms")
    }
  }

  /// Adds a stage, or one for each of its arms.
  private mutating func add(
    _ node: RecipeNode, name: String, over shared: RecipeNode, arms: RecipeNode?, path: String
  ) {
    let merged = shared.merged(with: node)
    guard let arms else {
      stages.add(merged, name: name)
      return
    }
    guard let elements = arms.elements, !elements.isEmpty else {
      faults.add(
        arms.place,
        .wrongType(
          path, expected: "a list of at least one arm",
          found: arms.elements == nil ? arms.kind : "an empty list"))
      return
    }
    for (index, arm) in elements.enumerated() {
      guard let armName = checkedName(arm, "\(path)[\(index)]", besides: []) else { continue }
      stages.add(merged.merged(with: arm.removing(["name"])), name: "\(name)/\(armName)")
    }
  }

  /// The name of a stage or arm whose keys are all known; nil if it has none that will do.
  private func checkedName(_ node: RecipeNode, _ path: String, besides more: [String]) -> String? {
    let reader = MapReader(node, path, faults)
    reader.require("name")
    let name = name(reader)
    for key in StageDecoder.keys + more { _ = reader.value(key) }
    reader.finish()
    return node.entries == nil ? nil : name
  }

  /// The `name` of a map; it becomes a folder of the run.
  private func name(_ reader: MapReader) -> String? {
    guard let name = reader.text("name") else { return nil }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isGood = parts.allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".")
        && part.utf8.allSatisfy { byte in
          let character = Character(Unicode.Scalar(byte))
          return character.isASCII && (character.isLetter || character.isNumber)
            || "-_.".contains(character)
        }
    }
    guard isGood, parts.count <= 2, name.utf8.count <= 100 else {
      reader.faults.add(
        reader.value("name")?.place ?? reader.node.place, .badName(name))
      return nil
    }
    return name
  }
}
