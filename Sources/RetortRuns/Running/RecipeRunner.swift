import FoundationEssentials
import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortNN
import RetortRecipes
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
  var trained: [String: [TrainedModel]] = [:]

  /// How well the teachers of earlier stages do, by stage and learner, so that each is measured once.
  var teacherScores: [String: (score: StageResult.Score, metrics: TestMetrics?)] = [:]
  /// What stages read.
  let datasets: StageData.Cache
  /// What frozen models make of the examples of stages.
  let tables = OutputTables()
  /// Whether the run goes on where an earlier one in its folder stopped.
  let isResumed: Bool
  let report: (RunEvent) -> Void
  let isCancelled: () -> Bool
  private let command: [String]
  private var lock: RunLock?
  /// When the report was last drawn, and how long that took.
  private var lastReport: (time: ContinuousClock.Instant, cost: Duration)?

  /// A run of `recipe` into `folder`, which is made once there is something to write.
  ///
  /// - Parameters:
  ///   - recipe: What is run.
  ///   - backend: The device.
  ///   - folder: Where results go.
  ///   - isResumed: Whether to go on with the run in `folder`, bit for bit.
  ///   - command: The command line that asked for it, which the run's report shows; none if empty.
  ///   - report: Called as the run goes on.
  ///   - isCancelled: Asked before every step; true ends the run with a checkpoint.
  public convenience init(
    _ recipe: Recipe, on backend: any Backend, into folder: String, isResumed: Bool = false,
    command: [String] = [], report: @escaping (RunEvent) -> Void = { _ in },
    isCancelled: @escaping () -> Bool = { false }
  ) {
    self.init(
      recipe, on: backend, into: folder, isResumed: isResumed, datasets: StageData.Cache(),
      command: command, report: report, isCancelled: isCancelled)
  }

  /// As above, with what another runner read.
  init(
    _ recipe: Recipe, on backend: any Backend, into folder: String, isResumed: Bool = false,
    datasets: StageData.Cache, command: [String] = [],
    report: @escaping (RunEvent) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) {
    (self.datasets, self.command) = (datasets, command)
    self.recipe = recipe
    self.folder = RunFolder(folder)
    session = Session(backend)
    self.isResumed = isResumed
    self.report = report
    self.isCancelled = isCancelled
  }

  /// Runs every stage in order; those that an earlier session finished are taken as they are.
  ///
  /// - Returns: One result per stage.
  /// - Throws: `DataError`, `ModelError`, `FormatError`, `WeightError`, `RunError`,
  ///   `TrainingError`, `GraphError` or the device's errors; the first that occurs.
  public func run() throws -> [StageResult] {
    try checkFolder()
    try checkMemory()
    var results: [StageResult] = []
    for stage in recipe.stages {
      if let result = try finished(stage) {
        results.append(result)
        report(.stageFound(result))
        continue
      }
      var runner = try StageRunner(stage, self)
      let result = try runner.run()
      results.append(result)
      try home(of: stage).write(json(result).text + "\n", to: "result.json")
      try drawReport()
      report(.stageEnded(result))
    }
    // A session may have been killed between a stage's result and its page.
    if isResumed { try drawReport() }
    if recipe.stages.count > 1, let last = results.last(where: { $0.learners[0].role == .student })
    {
      try finish(last, results)
    }
    return results
  }

  private func drawReport() throws {
    try RunReport([RunRecord(folder.path)]).write(to: folder.file("report.html"))
  }

  /// Draws the report of a stage under way, once a minute or less often.
  ///
  /// It takes at most a fiftieth of the time. What hinders it is told when the stage ends, which draws
  /// it too.
  func redrawReport() {
    let began = ContinuousClock.now
    if let lastReport, began - lastReport.time < max(.seconds(60), lastReport.cost * 50) { return }
    // The first one would show a point.
    if lastReport != nil { try? drawReport() }
    lastReport = (.now, .now - began)
  }

  /// Writes down that this process works at the run.
  private func recordSession() throws {
    let session = SessionRecord(
      began: Date().formatted(.iso8601), command: command, device: session.backend.name,
      version: retortVersion, revision: SourceRevision.current)
    try folder.append(line: session.json.text, to: SessionRecord.fileName)
  }

  /// Checks that the folder is free, or holds the run that is to go on.
  private func checkFolder() throws {
    let path = folder.file("recipe.yaml")
    guard FileBytes.isReadable(path) else {
      if isResumed { throw RunError.noRun(folder.path) }
      return
    }
    guard isResumed else { throw RunError.folderTaken(folder.path) }
    try takeFolder()
    let stored = String(decoding: try FileBytes.read(path), as: UTF8.self)
    if let difference = recipe.difference(from: stored) {
      if try Recipe.decode(yaml: stored, path: path) == recipe {
        throw RunError.otherVersion(folder: folder.path, entry: difference.given)
      }
      throw RunError.otherRecipe(
        folder: folder.path, stage: difference.stage, stored: difference.stored,
        given: difference.given)
    }
    if let changed = try WeightDigests(of: recipe).changed(since: folder) {
      throw RunError.changedWeights(changed, folder: folder.path)
    }
  }

  /// Makes the run's folder this process's own; called before anything is written there.
  func takeFolder() throws {
    guard lock == nil else { return }
    try folder.make()
    lock = try RunLock(folder.path)
    guard lock != nil else { throw RunError.folderInUse(folder.path) }
    try recordSession()
    guard !isResumed else { return try folder.removeHalfWritten() }
    // Another run may have begun, and even ended, since the folder was found free.
    guard !FileBytes.isReadable(folder.file("recipe.yaml")) else {
      throw RunError.folderTaken(folder.path)
    }
    try WeightDigests(of: recipe).write(to: folder)
    try folder.write(recipe.expandedYAML, to: "recipe.yaml")
  }

  /// Where a stage's files lie.
  func home(of stage: StageSpec) -> RunFolder {
    recipe.stages.count == 1 ? folder : folder.folder("stages/" + stage.name)
  }

  /// The result of a stage that an earlier session finished; its weights serve later stages.
  private func finished(_ stage: StageSpec) throws -> StageResult? {
    let path = home(of: stage).file("result.json")
    guard isResumed, FileBytes.isReadable(path) else { return nil }
    let result = try StageResult(path: path, of: stage)
    return try take(stage) ? result : nil
  }

  /// The search of one stage of a recipe with its models as they stand.
  ///
  /// Players have the weights that the recipe names; those that it trains have what a finished run
  /// left in `folder`. Without a run the student is as initialised.
  ///
  /// - Parameters:
  ///   - recipe: What is explored; `folder`'s own, or one that fits it.
  ///   - backend: The device.
  ///   - folder: The folder of a finished run; nil for none.
  ///   - learner: Which of its students, if it has several; nil for the first.
  ///   - parents: Over how many training examples figures are taken.
  ///   - shown: How many of them are drawn.
  ///   - estimatesBounds: Whether to estimate how far the search can be trusted, too; what is found of a finished
  ///     stage is kept in its folder.
  ///   - report: Told of what is made of the weights' names.
  ///   - name: The stage, or that of several variants; nil for all. The last that explores is taken.
  /// - Throws: As `run`; `RunError.nothingToExplore` where no such stage explores.
  public static func explore(
    _ recipe: Recipe, on backend: any Backend, run folder: String?, stage name: String?,
    learner: String? = nil, parents: Int, shown: Int, estimatesBounds: Bool = false,
    report: @escaping (RunEvent) -> Void = { _ in }
  ) throws -> ExplorationReport {
    let candidates = recipe.stages.filter { stage in
      stage.explore != nil
        && name.map { stage.name == $0 || stage.name.hasPrefix($0 + "/") } ?? true
    }
    guard var stage = candidates.last else {
      throw RunError.nothingToExplore(stage: name, recipe: recipe.name)
    }
    let runner = RecipeRunner(recipe, on: backend, into: folder ?? ".", report: report)
    var isFinished = false
    if folder != nil {
      for other in recipe.stages {
        guard try runner.take(other), other.name == stage.name else { continue }
        isFinished = true
        for (index, student) in stage.students.enumerated() {
          let left = runner.trained[stage.name]?.first { $0.name == student.name }
          stage.students[index].spec = left?.spec ?? student.spec
        }
      }
    }
    let search = try StageRunner(stage, runner)
    guard !search.data.examples.areTexts else { throw RunError.textsAreNotDrawn(stage: stage.name) }
    guard let pupil = search.pupils.first(where: { learner == nil || $0.name == learner }),
      var found = try search.explore(pupil, parents: parents, shown: shown)
    else {
      throw RunError.nothingToExplore(stage: name, recipe: recipe.name)
    }
    if estimatesBounds, let bounds = try search.bounds(pupil, examples: parents) {
      found.bounds = bounds
      if isFinished { try search.write(bounds, of: pupil) }
    }
    return found
  }

  /// Compiles the training step of every stage, as a run does, and trains nothing.
  ///
  /// - Throws: As `run`.
  public static func compile(_ recipe: Recipe, on backend: any Backend) throws {
    let runner = RecipeRunner(recipe, on: backend, into: ".")
    for stage in recipe.stages {
      var step = try StageRunner(stage, runner)
      try step.compile()
    }
  }

  /// Reads what a finished stage of the folder trained.
  ///
  /// - Returns: Whether all of it is there.
  private func take(_ stage: StageSpec) throws -> Bool {
    let trainees = stage.trainees
    let paths = trainees.map { home(of: stage).file($0.folder + "/model.safetensors") }
    guard !paths.isEmpty, paths.allSatisfy(FileBytes.isReadable) else { return false }
    trained[stage.name] = try zip(trainees, paths).map { trainee, path in
      var spec = trainee.spec
      if let earlier = trained(spec.source, as: trainee.role) {
        spec.take(modelOf: earlier.spec)
      }
      spec.source = .file(path)
      let found = try StoredConfiguration(beside: path)
      return TrainedModel(
        name: trainee.name, role: trainee.role, spec: spec,
        weights: try Safetensors.read(path).weights(), tokenizer: try found?.tokenizer(),
        classNames: found?.classNames ?? [])
    }
    return true
  }

  /// What an earlier stage left of a model that is to be of a role; nil where none is named, or there is none.
  func trained(_ source: ModelSpec.Source, as role: Cast.Role) -> TrainedModel? {
    guard case .stage(let name, let learner) = source else { return nil }
    return trained[name]?.first {
      role.canBe($0.role) && (learner == nil || learner == $0.name)
    }
  }

  func json(_ result: StageResult) -> JSONValue {
    result.json(
      device: session.backend.name, seed: recipe.seed, recipeSHA256: recipe.sha256)
  }

  /// The files, pictures and result of the last stage with students at the top of the folder, beside every
  /// stage's.
  private func finish(_ last: StageResult, _ results: [StageResult]) throws {
    let source = RunFolder(folder.path + "/stages/" + last.stage)
    let trainees = recipe.stages.first { $0.name == last.stage }?.trainees ?? []
    for trainee in trainees {
      try folder.folder(trainee.folder).make()
      for name in ModelFiles.names
      where FileBytes.isReadable(source.file(trainee.folder + "/" + name)) {
        try copy(trainee.folder + "/" + name, from: source)
      }
    }
    for name in ["explored.png", "explored.json"] {
      for file in [name] + (trainees.count > 1 ? trainees.map { "\($0.folder)/\(name)" } : [])
      where FileBytes.isReadable(source.file(file)) {
        try copy(file, from: source)
      }
    }
    var members = json(last).members ?? []
    members.append(.init("stages", .array(results.map { json($0) })))
    try folder.write(JSONValue.object(members).text + "\n", to: "result.json")
  }

  private func copy(_ file: String, from source: RunFolder) throws {
    try AtomicFile.write(try FileBytes.read(source.file(file)), to: folder.file(file))
  }
}
