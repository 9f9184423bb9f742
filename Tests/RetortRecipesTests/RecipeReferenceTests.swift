import RetortDistillation
import RetortSchema
import RetortTraining
import Testing

@testable import RetortRecipes

/// What the reference says of keys is what the decoder does.
@Suite struct RecipeReferenceTests {
  /// What stands in recipes by its kind.
  private static let methods = RecipeReference.all.filter {
    [.loss, .exploration, .optimizer, .schedule, .augmentation, .sampling].contains($0.kind)
  }

  @Test func everyEntryIsExplainedOnce() {
    #expect(RecipeReference.all(.loss).map(\.name) == LossCatalog.all.names)
    #expect(RecipeReference.all(.optimizer).map(\.name) == OptimizerCatalog.all.names)
    #expect(RecipeReference.all(.schedule).map(\.name) == ScheduleCatalog.all.names)
    #expect(Set(RecipeReference.all.map(\.name)).count == RecipeReference.all.count)
    for entry in RecipeReference.all {
      #expect(!entry.explanation.summary.isEmpty && !entry.explanation.source.isEmpty)
      #expect(entry.keys.allSatisfy { !$0.meaning.isEmpty }, "\(entry.name)")
    }
    for method in Self.methods { #expect(!method.explanation.equation.isEmpty, "\(method.name)") }
  }

  /// Every key of a stage is a part, and every map within has its keys.
  @Test func everyPartOfAStageIsExplained() throws {
    for key in StageSpec.keyNames {
      #expect(try !RecipeReference.entry(key).keys.isEmpty, "\(key)")
    }
  }

  @Test(arguments: methods.map(\.name))
  func defaultsAreThoseOfTheDecoder(_ name: String) throws {
    let method = try RecipeReference.entry(name)
    for key in method.keys {
      guard let text = key.defaultText else { continue }
      let written = try decode(method, ["\(key.name): \(text)"] + owner(of: key, method))
      #expect(try written == decode(method, owner(of: key, method)), "\(key.name)")
    }
  }

  @Test(arguments: methods.map(\.name))
  func rangesAreThoseOfTheDecoder(_ name: String) throws {
    let method = try RecipeReference.entry(name)
    for key in method.keys {
      let wrong = key.name == "step" ? "{plain: -1}" : "-1"
      let error = #expect(throws: RecipeErrors.self, "\(key.name)") {
        try decode(method, ["\(key.name): \(wrong)"] + owner(of: key, method))
      }
      let allowed =
        switch key.type {
        case .map(let inner):
          (inner["plain"] ?? inner.shorthand.flatMap { inner[$0] })?.type.allowed ?? "a map"
        case .list: "a list of at least one map"
        case .wholeNumbers: "a list of at least one whole number"
        case .numbers: "a list of at least one number"
        default: key.type.allowed
        }
      #expect("\(try #require(error))".contains(allowed), "\(key.name): \(allowed)")
    }
  }

  @Test func aMisspeltNameIsGuessed() {
    let error = #expect(throws: ReferenceError.self) {
      try RecipeReference.entry("pixel-gradiant")
    }
    #expect(
      error?.description
        == "There is nothing called 'pixel-gradiant'. Did you mean 'pixel-gradient'?")
  }

  /// The keys without which `key` has no meaning.
  private func owner(of key: KeyInfo, _ method: ReferenceEntry) -> [String] {
    switch key.name {
    case "beta" where method.kind == .exploration: ["divergence: jsd"]
    case "padding": ["shift: 1"]
    case "nesterov", "dampening": ["momentum: 0.5"]
    default: []
    }
  }

  /// What a kind cannot be without.
  private static let needed = [
    "step": "every: 1", "multi-step": "at: [1, 2]", "exits": "modules: [conv1, conv2]",
    "native-ensemble": "modules: [conv1, conv2]", "self-attention": "modules: [conv1, conv2]",
    "overhaul": "taps: [{student: conv1, teacher: bn1}]",
  ]

  /// The modules of a text encoder that losses of texts compare.
  private static let textTaps = [
    "token-cosine": [""], "attention-scores": [".attention.self.query", ".attention.self.key"],
    "minilm": [".attention.self.query", ".attention.self.key", ".attention.self.value"],
    "minilm2": [".attention.self.query"],
  ]

  /// What a method cannot be without, as an entry of its map; losses of features compare two convolutions.
  private func need(of method: ReferenceEntry) -> String? {
    if let need = Self.needed[method.name] { return need }
    guard method.keys.contains(where: { $0.name == "taps" && $0.isRequired }) else { return nil }
    let texts = Self.textTaps[method.name]?.map { "bert.encoder.layer.0\($0)" }
    let pairs = (texts ?? ["conv1", "conv2"]).map { "{student: \($0), teacher: \($0)}" }
    return "taps: [\(pairs.joined(separator: ", "))]"
  }

  /// A recipe that uses `method` with the given entries of its map.
  private func decode(_ method: ReferenceEntry, _ entries: [String]) throws -> Recipe {
    func map(_ entries: [String]) -> String { "{\(entries.joined(separator: ", "))}" }
    let need = need(of: method).map { need in
      entries.contains { $0.hasPrefix(need.prefix { $0 != ":" } + ":") } ? [] : [need]
    }
    let own = ["kind: \(method.name)"] + entries + (need ?? [])
    var (losses, part) = ("[{kind: kd}]", "")
    switch method.kind {
    case .loss: losses = "[\(map(own))]"
    case .exploration: part = "explore: \(map(own))"
    case .optimizer: part = "optimizer: \(map(own))"
    case .schedule: part = "optimizer: {schedule: \(map(own))}"
    case .augmentation: part = "augment: \(map(entries))"
    default: part = "train: \(map(["sampling: \(method.name)"] + entries))"
    }
    let decodes = Exploration.Kind(rawValue: method.name)?.needsGenerator == true
    let isOfVectors =
      LossCatalog.all[method.name].map { type(of: $0.standard).outputs == .vectors } ?? false
    let isOfTexts = Self.textTaps[method.name] != nil
    let ofPictures = method.name == "overhaul" ? "resnet8" : "lenet5-small"
    let model =
      isOfVectors ? "sentence-bert" : isOfTexts ? "bert, width: 96, heads: 12" : ofPictures
    let texts = "training: a, test: b, vocabulary: c"
    let generators = [
      "vae": "generator: {model: conv-vae}", "vq": "generator: {model: vq-vae}",
      "denoising": "data: {name: text, \(texts)}\ngenerator: {model: denoising-transformer}",
    ]
    let models =
      generators[method.name]
        ?? """
        \(isOfVectors ? "data: {name: text-pairs, \(texts)}" : isOfTexts ? "data: {name: text, \(texts)}" : "")
        teacher: {model: \(model), weights: t.safetensors}
        student: {model: \(model)}
        \(decodes ? "generator: {model: conv-vae, weights: g.safetensors}" : "")
        """
    return try Recipe.decode(
      yaml: "version: 1\nname: a\n\(models)\nlosses: \(losses)\n\(part)\n", path: "a.yaml")
  }
}
