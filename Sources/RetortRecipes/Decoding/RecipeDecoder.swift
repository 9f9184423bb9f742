import RetortCore
import RetortSchema

/// Decodes a recipe's maps: what stands at the top, and each stage with what it inherits.
struct RecipeDecoder {
  private let root: RecipeNode
  private let faults: FaultList
  private var stages: StageDecoder

  private init(_ root: RecipeNode, _ faults: FaultList) {
    (self.root, self.faults) = (root, faults)
    stages = StageDecoder(faults)
  }

  /// The recipe.
  ///
  /// - Parameter faults: Where faults are added to, behind those that are known already.
  /// - Throws: `RecipeErrors` with every fault.
  static func decode(
    _ root: RecipeNode, _ faults: FaultList = FaultList()
  ) throws(RecipeErrors) -> Recipe {
    var decoder = RecipeDecoder(root, faults)
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
    for key in StageSpec.keyNames + (list == nil ? ["variants"] : []) { _ = reader.value(key) }
    reader.finish()
    if let list {
      check(stages: list)
    } else if let variants = reader.value("variants") {
      check(variants: variants, "variants")
    }
    if root.entries != nil {
      for stage in StageLayers.all(of: root) { stages.add(stage.merged, name: stage.name) }
    }
    faults.settle()
    guard faults.faults.isEmpty else { throw RecipeErrors(faults.sorted) }
    var recipe = Recipe(
      name: name, seed: seed, compute: compute.flatMap(ComputeType.init) ?? .float32,
      stages: stages.stages)
    recipe.notes = stages.notes
    return recipe
  }

  /// Notes the faults of a list of stages besides those of their parts.
  private func check(stages list: RecipeNode) {
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
      checkName(element, path, besides: ["variants"])
      if let variants = element["variants"] { check(variants: variants, path + ".variants") }
    }
  }

  /// Notes the faults of a list of variants besides those of their parts.
  private func check(variants list: RecipeNode, _ path: String) {
    guard let elements = list.elements, !elements.isEmpty else {
      faults.add(
        list.place,
        .wrongType(
          path, expected: "a list of at least one variant",
          found: list.elements == nil ? list.kind : "an empty list"))
      return
    }
    for (index, variant) in elements.enumerated() {
      checkName(variant, "\(path)[\(index)]", besides: [])
    }
  }

  /// Notes the faults of the name and the keys of a stage or variant.
  private func checkName(_ node: RecipeNode, _ path: String, besides more: [String]) {
    let reader = MapReader(node, path, faults)
    reader.require("name")
    _ = name(reader)
    for key in StageSpec.keyNames + more { _ = reader.value(key) }
    reader.finish()
  }

  /// The `name` of a map; it becomes a folder of the run.
  private func name(_ reader: MapReader) -> String? {
    guard let name = reader.text("name") else { return nil }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isGood = parts.allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".") && part.hasOnlyLettersDigits(and: "-_.")
    }
    guard isGood, parts.count <= 2, name.utf8.count <= 100 else {
      reader.faults.add(
        reader.value("name")?.place ?? reader.node.place, .badName(name))
      return nil
    }
    return name
  }
}

extension StringProtocol {
  /// Whether every character is an ASCII letter, an ASCII digit or one of `others`.
  func hasOnlyLettersDigits(and others: String) -> Bool {
    allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
  }
}
