import ArgumentParser
import Glibc
import RetortFormats
import RetortOpenCL
import RetortRecipes
import RetortRuns
import RetortTraining

/// `retort run`: runs a recipe.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a recipe and writes its folder.",
    discussion: """
      Ctrl-C or a request to terminate ends the run after the step in progress with a checkpoint; a \
      second one ends it at once. Checkpoints are also written as the recipe's 'checkpoints' says, \
      every 30 seconds if it says nothing.

      --resume goes on from the newest one, and the result has the same bits as that of a run that \
      nobody stopped. With --resume, RECIPE may be the folder of the run.
      """)

  @OptionGroup var source: RecipeOption
  @OptionGroup var device: DeviceOption
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where results go; runs/NAME if left out.", valueName: "folder"),
    completion: .directory, transform: FilePath.expanded)
  var output: String?
  @Flag(help: "Go on with the run in the output folder: the newest of its name if left out.")
  var resume = false
  @OptionGroup var format: JSONOption

  func run() throws {
    let (recipe, folder) = try target()
    let backend = try device.backend(recipe.compute)
    Interruption.listen()
    let progress = ProgressLines(isSilent: format.json)
    progress.begin(recipe, folder, backend.name)
    let runner = RecipeRunner(
      recipe, on: backend, into: folder, isResumed: resume, command: CommandLine.arguments,
      report: { progress.show($0) }, isCancelled: { Interruption.isWanted })
    let results: [StageResult]
    do {
      results = try runner.run()
    } catch TrainingError.interrupted(let step) {
      throw interrupted("after step \(step)", folder)
    } catch OpenCLError.cancelled {
      throw interrupted("while kernels were being compiled", folder)
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
  private func interrupted(_ place: String, _ folder: String) -> ExitCode {
    let choice = device.device == "auto" ? "" : " --device \(device.device.shellWord)"
    let next =
      FileBytes.isReadable(folder + "/recipe.yaml")
      ? "go on with: retort run \(folder.shellWord) --resume\(choice)" : "nothing was written"
    StandardError.complain("interrupted \(place); \(next)")
    return ExitCode(1)
  }

  /// The recipe and the folder of its run.
  private func target() throws -> (Recipe, String) {
    if resume, let run = try RunLocation(source.recipe)?.folder {
      let recipe = try Recipe.load(run + "/recipe.yaml", overrides: source.overrides)
      return (recipe, output ?? run)
    }
    let recipe = try source.load()
    return (recipe, output ?? usualFolder("runs/\(recipe.name)"))
  }

  /// The first free path of `path`, `path-2`, …; with `--resume` the last existing one.
  private func usualFolder(_ path: String) -> String {
    var (candidate, last, count) = (path, path, 1)
    while access(candidate, F_OK) == 0 {
      count += 1
      (last, candidate) = (candidate, "\(path)-\(count)")
    }
    return resume ? last : candidate
  }
}
