import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortRuns

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
    try RecipeExecution(
      recipe: recipe, folder: folder, isResumed: resume, device: device, format: format
    ).run(on: device.backend(recipe.compute))
  }

  /// The recipe and the folder of its run.
  private func target() throws -> (Recipe, String) {
    if resume, let run = try RunLocation(source.recipe)?.folder {
      let recipe = try Recipe.load(run + "/recipe.yaml", overrides: source.overrides)
      return (recipe, output ?? run)
    }
    let recipe = try source.load()
    let path = "runs/\(recipe.name)"
    let usual = resume ? RecipeExecution.lastFolder(path) : RecipeExecution.freeFolder(path)
    return (recipe, output ?? usual)
  }
}
