import ArgumentParser
import Glibc
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortRecipes
import RetortRuns
import RetortTraining

/// The run of a recipe from the command line: progress, interruption and results.
struct RecipeExecution {
  let recipe: Recipe
  /// Where results go.
  let folder: String
  let isResumed: Bool
  let device: DeviceOption
  let format: JSONOption

  /// Runs the recipe and shows its results.
  ///
  /// - Throws: The errors of the run; `ExitCode` after an interruption, which has been reported.
  func run(on backend: any Backend) throws {
    Interruption.listen()
    let progress = ProgressLines(isSilent: format.json)
    progress.begin(recipe, folder, backend.name)
    let runner = RecipeRunner(
      recipe, on: backend, into: folder, isResumed: isResumed, command: CommandLine.arguments,
      report: { progress.show($0) }, isCancelled: { Interruption.isWanted })
    let results: [StageResult]
    do {
      results = try runner.run()
    } catch TrainingError.interrupted(let step) {
      throw interrupted("after step \(step)")
    } catch OpenCLError.cancelled {
      throw interrupted("while kernels were being compiled")
    }
    if format.json {
      let records = results.map {
        $0.json(device: backend.name, seed: recipe.seed, recipeSHA256: recipe.sha256)
      }
      StandardOutput.write(.record(("folder", .string(folder)), ("stages", .array(records))))
    } else {
      progress.end(results, folder)
    }
  }

  /// Reports where the run was interrupted, and how to resume it if it had begun to write.
  private func interrupted(_ place: String) -> ExitCode {
    let choice = device.device == "auto" ? "" : " --device \(device.device.shellWord)"
    let next =
      FileBytes.isReadable(folder + "/recipe.yaml")
      ? "go on with: retort run \(folder.shellWord) --resume\(choice)" : "nothing was written"
    StandardError.complain("interrupted \(place); \(next)")
    return ExitCode(1)
  }

  /// The first free path: `path`, else `path-2`, and so on.
  static func freeFolder(_ path: String) -> String { folders(path).free }

  /// The last existing path of `path`, `path-2`, and so on; `path` if there is none.
  static func lastFolder(_ path: String) -> String { folders(path).last }

  private static func folders(_ path: String) -> (last: String, free: String) {
    var (candidate, last, count) = (path, path, 1)
    while access(candidate, F_OK) == 0 {
      count += 1
      (last, candidate) = (candidate, "\(path)-\(count)")
    }
    return (last, candidate)
  }
}
