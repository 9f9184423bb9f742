import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortRuns
import RetortSchema
import RetortTraining

/// `retort check`: validates a recipe without data and devices.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a recipe and shows what it would do.",
    discussion: """
      All faults are reported at once, each with its line and column. Data and devices are left \
      alone, unless --memory asks what the run would take, or --fidelity how good its generators are.
      """)

  @OptionGroup var source: RecipeOption
  @Flag(help: "Print the recipe with every default written out.")
  var expanded = false
  @Flag(help: "Say how much memory of the device the run takes; fail if it cannot fit.")
  var memory = false
  @Flag(
    help: """
      Say how many training examples keep the teacher's label once the generator has reconstructed \
      them.
      """)
  var fidelity = false
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    if expanded, format.json { throw ValidationError("--expanded prints YAML; drop --json.") }
    if expanded, fidelity {
      throw ValidationError("--expanded prints YAML; drop --fidelity.")
    }
    if expanded, memory { throw ValidationError("--expanded prints YAML; drop --memory.") }
  }

  func run() throws {
    let recipe = try recipe()
    let need = try memory ? need(recipe) : nil
    let generators =
      try fidelity ? RecipeRunner.fidelity(of: recipe, on: device.backend(recipe.compute)) : nil
    if expanded {
      StandardOutput.send(Array(recipe.expandedYAML.utf8))
    } else if format.json {
      StandardOutput.write(json(recipe, need, generators))
    } else {
      var table = TextTable(
        ["stage", "trains", "losses", "explores", "for", "batch"], numeric: [5])
      for stage in recipe.stages {
        table.add(
          stage.name, trained(stage, in: recipe).map(\.text).joined(separator: ", "),
          losses(stage),
          stage.explore?.kind.rawValue ?? "-", length(stage.train), "\(stage.train.batch)")
      }
      StandardOutput.write("\(recipe.name): seed \(recipe.seed), SHA-256 \(recipe.sha256)")
      StandardOutput.write(table.text)
      for note in recipe.notes { StandardOutput.write(note) }
      if let need {
        StandardOutput.write("\(bytes(need.byteCount)) of device memory on \(need.device)")
      }
      if let generators { write(generators) }
    }
  }

  private func write(_ generators: (found: [GeneratorFidelity], unknown: [String])) {
    for generator in generators.found { StandardOutput.write(generator.text) }
    for stage in generators.unknown {
      StandardOutput.write(
        "the generator of stage '\(stage)': its run will tell, as it takes a model of an earlier stage or has "
          + "fewer than \(GeneratorFidelity.leastExamples) examples")
    }
    if generators.found.isEmpty, generators.unknown.isEmpty {
      StandardOutput.write("no stage explores around what a generator encodes")
    }
  }

  /// Loads the recipe; with `--json` its faults are printed as JSON.
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

  /// The memory that a run needs on the device, in bytes, with the device's name.
  private func need(_ recipe: Recipe) throws -> (byteCount: Int, device: String) {
    let backend = try device.backend(recipe.compute)
    return (try RecipeRunner.memory(of: recipe, on: backend), backend.name)
  }

  private func json(
    _ recipe: Recipe, _ need: (byteCount: Int, device: String)?,
    _ generators: (found: [GeneratorFidelity], unknown: [String])?
  ) -> JSONValue {
    .record(
      ("recipe", .string(recipe.name)), ("seed", .number("\(recipe.seed)")),
      ("recipeSHA256", .string(recipe.sha256)), ("faults", .array([])),
      ("notes", .array(recipe.notes.map { .string($0) })),
      ("deviceMemoryBytes", need.map { .integer($0.byteCount) } ?? .null),
      (
        "fidelity",
        generators.map { generators in
          .array(
            generators.found.map {
              .record(
                ("stage", .string($0.stage)), ("examples", .integer($0.examples)),
                ("labelsKept", .real($0.labelsKept)))
            })
        } ?? .null
      ),
      (
        "stages",
        .array(
          recipe.stages.map { stage in
            .record(
              ("stage", .string(stage.name)),
              ("scheme", .string(type(of: stage.scheme).explanation.name)),
              (
                "trains",
                .array(
                  trained(stage, in: recipe).map {
                    .record(
                      ("name", .string($0.name)), ("role", .string($0.role)),
                      ("model", .string($0.model)))
                  })
              ),
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

  /// A model that a stage trains.
  private struct Trained {
    let name, role, model: String

    var text: String { name == role ? "\(role) \(model)" : "\(role) \(name) (\(model))" }
  }

  /// The models that a stage trains; a model taken from another stage is that stage's.
  private func trained(_ stage: StageSpec, in recipe: Recipe) -> [Trained] {
    stage.trainees.map {
      Trained(name: $0.name, role: $0.role.rawValue, model: recipe.model(of: $0))
    }
  }

  /// The losses that a stage minimises, or the name of its scheme if that defines its own.
  private func losses(_ stage: StageSpec) -> String {
    stage.losses.isEmpty
      ? type(of: stage.scheme).explanation.name
      : stage.losses.map(\.name).joined(separator: " + ")
  }
}

extension Recipe {
  /// The catalog's name of a model that a stage trains.
  fileprivate func model(of trainee: StageSpec.Trainee) -> String {
    guard case .stage(let name, let learner) = trainee.spec.source else {
      return trainee.spec.model
    }
    let source = stages.first { $0.name == name }?.trainee(learner, as: trainee.role)
    return source.map(model) ?? ""
  }
}
