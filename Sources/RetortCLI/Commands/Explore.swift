import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortRuns

/// `retort explore`: the examples found by a recipe's search, as figures and images.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the examples that a recipe's exploration finds.",
    discussion: """
      Takes the models of a finished run, or of a recipe that names their weights; the recipe's \
      student is as initialised unless it has weights too.

      Writes a picture: originals, their reconstructions and each step of the search, with the \
      opinions of teacher (T) and student (S) and the divergence (D) between them.

      With --bounds it says how far the search can be trusted, of as many training and test \
      examples: whether the generator gives them back, whether what is found differs from data, \
      how many coordinates matter, how steep the decoder is, and which term of a bound on the \
      mismatch of student and teacher weighs most, with intervals of 95 %. Of a finished run it \
      writes bounds.json into the stage's folder, which 'retort report' shows.
      """)

  @Argument(
    help:
      "The folder of a finished run or of a stage in it, or a recipe: its file or bundled name.",
    completion: .recipe, transform: FilePath.expanded)
  var source: String
  @Option(
    help: ArgumentHelp(
      "The stage, or one with variants, of which the last that explores is taken; any if left out.",
      valueName: "name"))
  var stage: String?
  @Option(help: "Examples to take figures over.")
  var parents = 512
  @Option(help: "Examples to draw.")
  var shown = 8
  @Flag(help: "Estimate how far the search can be trusted, too.")
  var bounds = false
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a value, such as 'stages.*.explore.steps=8'.", valueName: "path=value"))
  var overrides: [String] = []
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The picture; explored.png in the run's folder, or here, if left out; - for the standard "
        + "output, without figures.", valueName: "file"))
  var output: OutputFile?
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard (1...100_000).contains(parents) else {
      throw ValidationError("--parents must be from 1 to 100000.")
    }
    if bounds, !(4...5000).contains(parents) {
      throw ValidationError("--bounds compares from 4 to 5000 --parents.")
    }
    if bounds, output?.isStandardOutput == true {
      throw ValidationError("--bounds prints figures; give --output a file.")
    }
    guard (1...64).contains(shown) else { throw ValidationError("--shown must be from 1 to 64.") }
    try output?.check(besides: format)
    if output?.isStandardOutput == true, StandardOutput.isTerminal {
      throw ValidationError("A picture is no text for a terminal; send it to a file or a program.")
    }
  }

  func run() throws {
    let location = try RunLocation(source)
    let run = location?.folder
    let recipe = try Recipe.load(run.map { $0 + "/recipe.yaml" } ?? source, overrides: overrides)
    let progress = ProgressLines(isSilent: true)
    let report = try RecipeRunner.explore(
      recipe, on: device.backend(recipe.compute), run: run, stage: stage ?? location?.stage,
      learner: location?.student, parents: parents, shown: min(shown, parents),
      estimatesBounds: bounds,
      report: { progress.show($0) })
    let picture = output ?? OutputFile((run.map { $0 + "/" } ?? "") + "explored.png")
    try picture.write(report.grid.encoded(path: picture.path))
    guard !picture.isStandardOutput else { return }
    guard !format.json else {
      let estimated = report.bounds.map { [JSONValue.Member("bounds", $0.json)] } ?? []
      StandardOutput.write(
        .object(
          (report.json.members ?? []) + estimated + [.init("file", .string(picture.path))]))
      return
    }
    var table = TextTable(
      ["step", "divergence", "teacher sure", "student sure", "agreement"], numeric: [1, 2, 3, 4])
    let rows =
      [("originals", report.originals)]
      + report.steps.enumerated().map { ("\($0.offset)", $0.element) }
    for (name, step) in rows {
      table.add(
        name, fixed(step.divergence, 4), fixed(100 * step.teacherConfidence, 1) + " %",
        fixed(100 * step.studentConfidence, 1) + " %", fixed(100 * step.agreement, 1) + " %")
    }
    StandardOutput.write("\(report.stage)\n\(table.text)\n\(picture.path)")
    if let bounds = report.bounds { show(bounds) }
  }

  private func show(_ report: BoundsReport) {
    for (group, lines) in report.groups {
      var table = TextTable([group, "estimate", "95 %"], numeric: [1, 2])
      for line in lines { table.add(line.title, line.value, line.interval) }
      StandardOutput.write("\n\(table.text)")
    }
    StandardOutput.write("")
    for finding in report.findings { StandardOutput.write(finding) }
  }
}
