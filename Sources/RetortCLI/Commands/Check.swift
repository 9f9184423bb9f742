import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortRuns
import RetortSchema
import RetortTraining

/// `retort check`: everything that can be known without data and devices.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a recipe and shows what it would do.",
    discussion: """
      All faults are reported at once, each with its line and column. Data and devices are left \
      alone, unless --memory asks what the run would take.
      """)

  @OptionGroup var source: RecipeOption
  @Flag(help: "Print the recipe with every default written out.")
  var expanded = false
  @Flag(help: "Say how much memory of the device the run takes; fail if it cannot fit.")
  var memory = false
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    if expanded, format.json { throw ValidationError("--expanded prints YAML; drop --json.") }
    if expanded, memory { throw ValidationError("--expanded prints YAML; drop --memory.") }
  }

  func run() throws {
    let recipe = try recipe()
    let need = try memory ? need(recipe) : nil
    if expanded {
      StandardOutput.send(Array(recipe.expandedYAML.utf8))
    } else if format.json {
      StandardOutput.write(json(recipe, need))
    } else {
      var table = TextTable(
        ["stage", "trains", "losses", "explores", "for", "batch"], numeric: [5])
      for stage in recipe.stages {
        table.add(
          stage.name, "\(stage.trained.rawValue) \(model(stage, in: recipe))",
          stage.losses.map(\.name).joined(separator: " + "),
          stage.explore?.kind.rawValue ?? "-", length(stage.train), "\(stage.train.batch)")
      }
      StandardOutput.write("\(recipe.name): seed \(recipe.seed), SHA-256 \(recipe.sha256)")
      StandardOutput.write(table.text)
      for note in recipe.notes { StandardOutput.write(note) }
      if let need {
        StandardOutput.write("\(bytes(need.byteCount)) of device memory on \(need.device)")
      }
    }
  }

  /// The recipe; its faults are what `--json` prints.
  private func recipe() throws -> Recipe {
    guard format.json else { return try source.load() }
    do throws(RecipeErrors) {
      return try source.load()
    } catch {
      StandardOutput.write(.record(("faults", .array(error.faults.map(json)))))
      throw ExitCode(2)
    }
  }

  private func json(_ fault: RecipeFault) -> JSONValue {
    let message = ("message", JSONValue.string("\(fault.reason)"))
    return switch fault.place {
    case .file(let path, let line, let column):
      .record(
        ("file", .string(path)), ("line", .integer(line)), ("column", .integer(column)), message)
    case .override(let text): .record(("override", .string(text)), message)
    case .whole(let path): .record(("file", .string(path)), message)
    }
  }

  /// What a run takes of the device.
  private func need(_ recipe: Recipe) throws -> (byteCount: Int, device: String) {
    let backend = try device.backend(recipe.compute)
    return (try RecipeRunner.memory(of: recipe, on: backend), backend.name)
  }

  private func json(_ recipe: Recipe, _ need: (byteCount: Int, device: String)?) -> JSONValue {
    .record(
      ("recipe", .string(recipe.name)), ("seed", .number("\(recipe.seed)")),
      ("recipeSHA256", .string(recipe.sha256)), ("faults", .array([])),
      ("notes", .array(recipe.notes.map { .string($0) })),
      ("deviceMemoryBytes", need.map { .integer($0.byteCount) } ?? .null),
      (
        "stages",
        .array(
          recipe.stages.map { stage in
            .record(
              ("stage", .string(stage.name)), ("trains", .string(stage.trained.rawValue)),
              ("model", .string(model(stage, in: recipe))),
              ("losses", .array(stage.losses.map { .string($0.name) })),
              ("explores", stage.explore.map { .string($0.kind.rawValue) } ?? .null),
              ("batch", .integer(stage.train.batch)))
          })
      ))
  }

  private func length(_ train: TrainSpec) -> String {
    switch train.length {
    case .steps(let count): "\(count) steps"
    case .epochs(let count): "\(count) epochs"
    }
  }

  /// The name of the trained model; one that comes from a stage is that stage's.
  private func model(_ stage: StageSpec, in recipe: Recipe) -> String {
    guard let player = stage.learner else { return "" }
    guard case .stage(let name) = player.source else { return player.model }
    return recipe.stages.first { $0.name == name }.map { model($0, in: recipe) } ?? ""
  }
}
