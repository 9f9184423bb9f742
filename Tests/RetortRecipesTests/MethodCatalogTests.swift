import RetortDistillation
import Testing

@testable import RetortRecipes

/// What the catalog says of keys is what the decoder does.
@Suite struct MethodCatalogTests {
  @Test func everyMethodOfARecipeIsExplained() {
    #expect(MethodCatalog.losses.map(\.name) == LossSpec.kinds)
    #expect(MethodCatalog.explorations.map(\.name) == Exploration.Order.allCases.map(\.rawValue))
    #expect(MethodCatalog.optimizers.map(\.name) == OptimizerSpec.Kind.allCases.map(\.rawValue))
    #expect(
      MethodCatalog.samplings.map(\.name) == TrainSpec.Sampling.allCases.map(\.rawValue))
    #expect(Set(MethodCatalog.all.map(\.name)).count == MethodCatalog.all.count)
    for method in MethodCatalog.all {
      #expect(!method.equation.isEmpty && !method.source.isEmpty, "\(method.name)")
    }
  }

  @Test(arguments: MethodCatalog.all.map(\.name))
  func defaultsAreThoseOfTheDecoder(_ name: String) throws {
    let method = try MethodCatalog.method(name)
    let plain = try decode(method, [])
    for key in method.keys {
      guard let standard = key.standard else { continue }
      let written = try decode(method, ["\(key.name): \(standard)"] + owner(of: key))
      #expect(try written == decode(method, owner(of: key)), "\(key.name)")
    }
    // All at once, where none is left out.
    #expect(
      try decode(
        method,
        method.keys.filter { owner(of: $0).isEmpty }.compactMap { key in
          key.standard.map { "\(key.name): \($0)" }
        }) == plain)
  }

  @Test(arguments: MethodCatalog.all.map(\.name))
  func rangesAreThoseOfTheDecoder(_ name: String) throws {
    let method = try MethodCatalog.method(name)
    for key in method.keys {
      let wrong = key.name == "step" ? "{plain: -1}" : "-1"
      let error = #expect(throws: RecipeErrors.self, "\(key.name)") {
        try decode(method, ["\(key.name): \(wrong)"] + owner(of: key))
      }
      #expect("\(try #require(error))".contains(key.allowed), "\(key.name): \(key.allowed)")
    }
  }

  @Test func aMisspeltMethodIsGuessed() {
    let error = #expect(throws: MethodError.self) { try MethodCatalog.method("pixel-gradiant") }
    #expect(
      error?.description == "There is no method 'pixel-gradiant'. Did you mean 'pixel-gradient'?")
  }

  /// The keys without which `key` has no meaning.
  private func owner(of key: Method.Key) -> [String] {
    switch key.name {
    case "beta": ["divergence: jsd"]
    case "padding": ["shift: 1"]
    default: []
    }
  }

  /// A recipe that uses `method` with the given entries of its map.
  private func decode(_ method: Method, _ entries: [String]) throws -> Recipe {
    func map(_ entries: [String]) -> String { "{\(entries.joined(separator: ", "))}" }
    let (losses, part) =
      switch method.kind {
      case .loss: ("[\(map(["kind: \(method.name)"] + entries))]", "")
      case .exploration: ("[{kind: kd}]", "explore: \(map(["order: \(method.name)"] + entries))")
      case .optimizer: ("[{kind: kd}]", "optimizer: \(map(["kind: \(method.name)"] + entries))")
      case .augmentation: ("[{kind: kd}]", "augment: \(map(entries))")
      case .sampling: ("[{kind: kd}]", "train: \(map(["sampling: \(method.name)"] + entries))")
      }
    let decodes = Exploration.Order(rawValue: method.name)?.needsGenerator == true
    let players =
      method.name == "vae"
      ? "generator: {model: conv-vae}"
      : """
      teacher: {model: mlp, weights: t.safetensors}
      student: {model: mlp}
      \(decodes ? "generator: {model: conv-vae, weights: g.safetensors}" : "")
      """
    return try Recipe.decode(
      yaml: "version: 1\nname: a\n\(players)\nlosses: \(losses)\n\(part)\n", path: "a.yaml")
  }
}
