import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortRecipes
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRuns

/// A run of a recipe with a folder of frozen models' outputs: its results, what it has told of caches, and the weights
/// of its last student.
struct CachedRun {
  var results: [StageResult] = []
  var found: [String] = []
  var faults: [String] = []
  /// What it says is lost.
  var losses: [String] = []
  var weights: [String: HostTensor] = [:]
  /// Of each stage: how many examples teachers were asked about.
  var asked: [Int] { results.map(\.teacherEvaluations) }

  /// What recipes begin with.
  static let head = """
    version: 1
    name: kept
    data: {name: fashion-mnist, directory: pictures}
    train: {steps: 3, batch: 5}

    """

  /// Runs a recipe into the folder `name` of `home`.
  init(
    _ yaml: String, _ home: String, _ name: String, on backend: any Backend = CPUBackend()
  ) throws {
    let recipe = try Recipe.decode(yaml: yaml, path: home + "/recipe.yaml")
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "again")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    var (found, faults, losses): ([String], [String], [String]) = ([], [], [])
    results = try RecipeRunner(
      recipe, on: backend, into: "\(home)/\(name)",
      report: { event in
        switch event {
        case .outputsFound(let model, let path):
          #expect(FileBytes.isReadable(path))
          found.append(model)
        case .outputsReduced(_, let loss): losses.append(loss)
        case .cacheUnreadable(let error), .cacheUnwritable(let error):
          faults.append("\(error)")
        default: break
        }
      }
    ).run()
    (self.found, self.faults, self.losses) = (found, faults, losses)
    if recipe.stages.last?.students.isEmpty == false {
      let stage = recipe.stages.count > 1 ? "stages/\(recipe.stages[1].name)/" : ""
      weights = try Safetensors.read(
        "\(home)/\(name)/\(stage)student/model.safetensors"
      ).tensors
    }
  }

  /// The files of the folder `cache` in `home`, by name.
  static func files(_ home: String) throws -> [String: [UInt8]] {
    let names = try FileManager.default.contentsOfDirectory(atPath: home + "/cache")
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try FileBytes.read("\(home)/cache/\($0)")) })
  }
}
