import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortTraining

/// Runs a recipe on one device and writes its folder.
public final class RecipeRunner {
  /// What is run.
  public let recipe: Recipe
  /// Where results go.
  public let folder: RunFolder
  /// The device.
  public let session: Session
  /// What later stages take from earlier ones, by stage.
  var trained: [String: (spec: PlayerSpec, weights: [NamedWeights])] = [:]

  /// How well the teachers of earlier stages do, by stage, so that each is measured once.
  var teacherScores: [String: (score: StageResult.Score, metrics: ClassificationMetrics?)] = [:]
  let report: (RunEvent) -> Void
  let isCancelled: () -> Bool

  /// A run of `recipe` into `folder`.
  ///
  /// - Parameters:
  ///   - report: Called as the run goes on.
  ///   - isCancelled: Asked before every step; true ends the run with a checkpoint.
  /// - Throws: `FormatError` if the folder cannot be made.
  public init(
    _ recipe: Recipe, on backend: any Backend, into folder: String,
    report: @escaping (RunEvent) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) throws {
    self.recipe = recipe
    self.folder = try RunFolder(folder)
    session = Session(backend)
    self.report = report
    self.isCancelled = isCancelled
  }

  /// Runs every stage in order.
  ///
  /// - Returns: One result per stage.
  /// - Throws: `DataError`, `ModelError`, `FormatError`, `WeightError`, `RunError`,
  ///   `TrainingError`, `GraphError` or the device's errors; the first that occurs.
  public func run() throws -> [StageResult] {
    try folder.write(recipe.expandedYAML, to: "recipe.yaml")
    var results: [StageResult] = []
    for stage in recipe.stages {
      let name = stage.name
      let home = recipe.stages.count == 1 ? folder : try folder.folder("stages/" + name)
      var runner = try StageRunner(stage, self, home)
      let result = try runner.run()
      results.append(result)
      try home.write(json(result).text + "\n", to: "result.json")
      try RunReport([RunRecord(folder.path)]).write(to: folder.file("report.html"))
      report(.stageEnded(result))
    }
    if recipe.stages.count > 1, let last = results.last(where: { $0.player == .student }) {
      try finish(last, results)
    }
    return results
  }

  /// The search of one stage of a recipe with its players as they stand.
  ///
  /// Players have the weights that the recipe names; those that it trains have what a finished run
  /// left in `folder`. Without a run the student is as initialised.
  ///
  /// - Parameters:
  ///   - recipe: What is explored; `folder`'s own, or one that fits it.
  ///   - folder: The folder of a finished run; nil for none.
  ///   - stage: The stage; nil for the last that explores.
  ///   - parents: Over how many training examples figures are taken.
  ///   - shown: How many of them are drawn.
  /// - Throws: As `run`; `RunError.nothingToExplore` where no such stage explores.
  public static func explore(
    _ recipe: Recipe, on backend: any Backend, run folder: String?, stage name: String?,
    parents: Int, shown: Int
  ) throws -> ExplorationReport {
    let candidates = recipe.stages.filter { $0.explore != nil && (name == nil || $0.name == name) }
    guard var stage = candidates.last else {
      throw RunError.nothingToExplore(stage: name, recipe: recipe.name)
    }
    let runner = try RecipeRunner(recipe, on: backend, into: folder ?? ".")
    if folder != nil, let path = try runner.takeTrained(stage.name) {
      stage.student?.source = .file(path)
    }
    var search = try StageRunner(stage, runner, runner.folder)
    guard let report = try search.explore(parents: parents, shown: shown) else {
      throw RunError.nothingToExplore(stage: name, recipe: recipe.name)
    }
    return report
  }

  /// Compiles the training step of every stage, as a run does, and trains nothing.
  ///
  /// - Throws: As `run`.
  public static func compile(_ recipe: Recipe, on backend: any Backend) throws {
    let runner = try RecipeRunner(recipe, on: backend, into: ".")
    for stage in recipe.stages {
      var step = try StageRunner(stage, runner, runner.folder)
      try step.compile()
    }
  }

  /// Reads what the folder's finished stages trained.
  ///
  /// - Returns: The weights' file of the stage called `name`, if it has finished.
  private func takeTrained(_ name: String) throws -> String? {
    var own: String?
    for stage in recipe.stages {
      guard let spec = spec(of: stage) else { continue }
      let home = recipe.stages.count == 1 ? folder.path : folder.file("stages/" + stage.name)
      let path = home + "/" + stage.trained.rawValue + "/model.safetensors"
      guard FileBytes.isReadable(path) else { continue }
      trained[stage.name] = (spec, try Safetensors.read(path).weights)
      if stage.name == name { own = path }
    }
    return own
  }

  private func spec(of stage: StageSpec) -> PlayerSpec? {
    switch stage.trained {
    case .student: stage.student
    case .generator: stage.generator
    case .teacher: stage.teacher
    }
  }

  func json(_ result: StageResult) -> JSONValue {
    result.json(
      device: session.backend.name, seed: recipe.seed, recipeSHA256: recipe.sha256)
  }

  /// The last student's files, pictures and result at the top of the folder, beside every stage's.
  private func finish(_ last: StageResult, _ results: [StageResult]) throws {
    let source = folder.path + "/stages/" + last.stage + "/student"
    let target = try folder.folder("student")
    for name in ["model.safetensors", "config.json"] {
      try AtomicFile.write(try FileBytes.read(source + "/" + name), to: target.file(name))
    }
    for name in ["explored.png", "explored.json"] {
      let explored = folder.path + "/stages/" + last.stage + "/" + name
      guard FileBytes.isReadable(explored) else { continue }
      try AtomicFile.write(try FileBytes.read(explored), to: folder.file(name))
    }
    var members = json(last).members ?? []
    members.append(.init("stages", .array(results.map { json($0) })))
    try folder.write(JSONValue.object(members).text + "\n", to: "result.json")
  }
}
