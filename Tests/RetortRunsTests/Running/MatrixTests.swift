import Foundation
import RetortCPU
import RetortDistillation
import RetortRecipes
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Every loss in every scheme with every exploration: allowed, and then it trains and goes on, or refused with a reason.
@Suite struct MatrixTests {
  private struct Cell: CustomStringConvertible {
    let scheme, loss, exploration: String
    var description: String { "\(scheme) × \(loss) × \(exploration)" }
  }

  /// Searches that keep something with the student, or ask it first.
  private static let searches = [
    "{kind: zero, between: true, proposals: {count: 2}, replay: {size: 16}}",
    "{kind: first, whitened: true, proposals: {count: 2, by: last-visit, importance: 1}}",
  ]

  /// All of them, in the order of the catalogs.
  private static let cells: [Cell] = SchemeCatalog.all.entries.flatMap { scheme in
    LossCatalog.all.names.flatMap { loss in
      ([""] + Exploration.Kind.allCases.map(\.rawValue) + searches).map {
        Cell(scheme: scheme.name, loss: loss, exploration: $0)
      }
    }
  }

  private func recipe(_ cell: Cell, in home: String) throws -> Recipe {
    let entry = try #require(LossCatalog.all[cell.loss])
    func pair(_ module: String) -> String { "{student: \(module), teacher: \(module)}" }
    var keys = ["kind: \(cell.loss)"]
    let isOfNorms = cell.loss == "overhaul"
    if isOfNorms {
      keys.append("taps: [{student: conv1, teacher: bn1}]")
    } else if entry.keys.contains(where: { $0.name == "taps" && $0.isRequired }) {
      keys.append("taps: [\(pair("conv1")), \(pair("conv2"))]")
    }
    if entry.keys.contains(where: { $0.name == "modules" && $0.isRequired }) {
      keys.append("modules: [conv1, conv2]")
    }
    let scheme = try #require(SchemeCatalog.all[cell.scheme])
    let kind = type(of: scheme.standard)
    let generates = !kind.learners.contains(.student)
    let decodes =
      Exploration.Kind(rawValue: cell.exploration)?.needsGenerator
      ?? Self.searches.contains(cell.exploration)
    var lines = ["scheme: \(cell.scheme)"]
    if generates {
      lines.append(
        cell.loss == "vq"
          ? "generator: {model: vq-vae, latent: 2, width: 2, entries: 4}"
          : "generator: {model: conv-vae, latent: 2, width: 2, hidden: 4}")
    } else {
      lines.append("students: [{name: a, model: lenet5-small}, {name: b, model: lenet5-small}]")
    }
    if !kind.peersTeach, !generates {
      let model = isOfNorms ? "resnet8" : "lenet5-small"
      lines.append("teacher: {model: \(model), weights: \(home)/\(model).safetensors}")
    }
    if decodes, !generates, !kind.peersTeach {
      lines.append(
        "generator: {model: conv-vae, latent: 2, width: 2, hidden: 4, weights: \(home)/generator.safetensors}"
      )
    }
    if !cell.exploration.isEmpty { lines.append("explore: \(cell.exploration)") }
    return try Recipe.decode(
      yaml: """
        version: 1
        name: cell
        data: {name: fashion-mnist, directory: \(home)/pictures}
        \(lines.joined(separator: "\n"))
        losses: [{\(keys.joined(separator: ", "))}]
        train: {steps: 2, batch: 4}
        checkpoints: {steps: 1}
        """, path: "cell.yaml")
  }

  @Test func everyCellTrainsOrIsRefused() throws {
    try SmallPictures.withFolder { home in
      for model in ["lenet5-small", "resnet8"] {
        try writeRandomWeights(of: model, to: "\(home)/\(model).safetensors")
      }
      try writeRandomWeights(
        of: "conv-vae", ["latent": 2, "width": 2, "hidden": 4],
        to: home + "/generator.safetensors")
      var allowed: [(cell: Cell, recipe: Recipe)] = []
      for cell in Self.cells {
        do {
          allowed.append((cell, try recipe(cell, in: home)))
        } catch let error as RecipeErrors {
          #expect(error.description.count > 20, "\(cell)")
        }
      }
      #expect(
        Set(allowed.map(\.cell.scheme)) == Set(SchemeCatalog.all.names).subtracting(["adversarial"])
      )
      let perLoss = Dictionary(grouping: allowed, by: \.cell.loss)
      for name in LossCatalog.all.names {
        let ofTexts = [
          "embedding", "contrastive", "retrieval", "token-cosine", "attention-scores", "minilm",
          "minilm2", "denoising",
        ]
        #expect((perLoss[name] != nil) != ofTexts.contains(name), "\(name)")
      }
      // A few of them say most: neighbours differ in the exploration alone.
      for (place, (cell, recipe)) in allowed.enumerated() where Sweep.isWhole || place % 23 == 0 {
        let folder = home + "/out"
        breakOff(recipe, into: folder, after: 1, "\(cell)")
        let results = try RecipeRunner(recipe, on: CPUBackend(), into: folder, isResumed: true)
          .run()
        #expect(
          results[0].steps == 2 && results[0].losses.values.allSatisfy { $0.isFinite }, "\(cell)")
        try FileManager.default.removeItem(atPath: folder)
      }
    }
  }
}
