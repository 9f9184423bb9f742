import ArgumentParser
import Glibc
import RetortFormats
import RetortRecipes
import RetortTraining

/// `retort run`: does what a recipe says.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a recipe and writes its folder.",
    discussion: "Ctrl-C stops after the step in progress and writes a checkpoint.")

  @OptionGroup var source: RecipeOption
  @OptionGroup var device: DeviceOption
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where results go; runs/NAME if left out.", valueName: "folder"))
  var output: String?
  @OptionGroup var format: JSONOption

  func run() throws {
    let recipe = try source.load()
    let folder = output ?? freeFolder("runs/\(recipe.name)")
    let backend = try device.backend(recipe.compute)
    Interruption.listen()
    let progress = ProgressLines(isSilent: format.json)
    progress.begin(recipe, folder, backend.name)
    let runner = try RecipeRunner(
      recipe, on: backend, into: folder, report: { progress.show($0) },
      isCancelled: { Interruption.isWanted })
    let results: [StageResult]
    do {
      results = try runner.run()
    } catch TrainingError.interrupted(let step) {
      progress.endLine()
      StandardError.write(
        "retort: interrupted after step \(step); the checkpoint is under \(folder)")
      throw ExitCode(1)
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

  /// `path`, or `path-2` and so on if there is something already.
  private func freeFolder(_ path: String) -> String {
    var candidate = path
    var count = 1
    while access(candidate, F_OK) == 0 {
      count += 1
      candidate = "\(path)-\(count)"
    }
    return candidate
  }
}
