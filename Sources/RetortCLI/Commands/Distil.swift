import ArgumentParser
import RetortData
import RetortFormats
import RetortRecipes
import RetortRuns

/// `retort distil`: distils a teacher in one line, by a recipe that it writes.
struct Distil: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distils a teacher into a small student, by a recipe that it writes.",
    discussion: """
      Looks at the teacher (what it takes, how many classes it tells apart, how its pictures are \
      normalised) and at the data (classes, sizes), says what it found and assumed, writes a recipe \
      of at most 25 lines beside the results, and runs it. The recipe can be changed and run again \
      by 'retort run'. The test set is not looked at before the end.
      """)

  @Option(
    help: "An ONNX file, or the folder of a trained model, a stage or a run.",
    completion: .trainedModel, transform: FilePath.expanded)
  var teacher: String
  @Option(help: "A name of 'retort list models'; one that suits the data if left out.")
  var student: String?
  @Option(
    help: """
      A dataset of 'retort list datasets', a folder of pictures with a folder for each class, or, \
      for a teacher that reads text, a folder with train.tsv and test.tsv.
      """, completion: .dataset, transform: FilePath.expanded)
  var data: String
  @Option(
    help: ArgumentHelp(
      "How many labels of training examples may be used: 20% or 300; all if left out.",
      valueName: "count"))
  var labels: DistilRequest.Labels = .all
  @Option(help: "The student's training steps; a number that suits the data if left out.")
  var steps: Int?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Where results go, with the recipe beside as FOLDER.yaml; runs/NAME if left out.",
      valueName: "folder"), completion: .directory, transform: FilePath.expanded)
  var output: String?
  @Flag(help: "Write the recipe and stop.")
  var dryRun = false
  @Flag(help: "Write over a recipe that is there.")
  var force = false
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    if let steps, !(1...TrainSpec.stepLimit).contains(steps) {
      throw ValidationError("--steps must be from 1 to \(TrainSpec.stepLimit).")
    }
  }

  func run() throws {
    let request = DistilRequest(
      teacher: teacher, student: student, data: data, labels: labels, steps: steps)
    let backend = try device.backend()
    let words = ["retort"] + CommandLine.arguments.dropFirst().map(\.shellWord)
    let draft = try RecipeDraft(request, command: words.joined(separator: " "), with: backend)
    let folder = output ?? RecipeExecution.freeFolder("runs/\(draft.recipe.name)")
    let path = try write(draft, beside: folder)
    guard !dryRun else {
      let next = "retort run \(path.shellWord) --output \(folder.shellWord)"
      if format.json {
        StandardOutput.write(
          .record(
            ("file", .string(path)), ("findings", .array(draft.findings.map { .string($0) }))))
      } else {
        for finding in draft.findings { StandardOutput.write(finding) }
        StandardOutput.write("\(path): change it as you like, then: \(next)")
      }
      return
    }
    if !format.json { for finding in draft.findings { StandardOutput.write(finding) } }
    try RecipeExecution(
      recipe: draft.recipe, folder: folder, isResumed: false, device: device, format: format
    ).run(on: backend)
  }

  /// Writes the recipe as a file beside the results' folder.
  private func write(_ draft: RecipeDraft, beside folder: String) throws -> String {
    let path = folder + ".yaml"
    let bytes = Array(draft.text.utf8)
    if !force, FileBytes.size(path) != nil, try FileBytes.read(path, limit: 1 << 20) != bytes {
      throw ExistingRecipe(path: path)
    }
    try AtomicFile.makeDirectories(FilePath.folder(of: path))
    try AtomicFile.write(bytes, to: path)
    return path
  }
}

/// A recipe of other content where one was to be written.
private struct ExistingRecipe: Error, CustomStringConvertible {
  let path: String
  var description: String {
    "\(path) is there already and says something else; run it with 'retort run', name another "
      + "--output, or add --force"
  }
}

extension DistilRequest.Labels: ExpressibleByArgument {
  /// Reads `20%` or a whole number.
  public init?(argument: String) { self.init(argument) }
  /// `all` for the default.
  public var defaultValueDescription: String { "all" }
}
