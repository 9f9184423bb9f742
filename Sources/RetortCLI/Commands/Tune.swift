import ArgumentParser
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortRecipes
import RetortRuns

/// `retort tune`: searches the fastest parameters of each contraction on a device.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Searches the fastest kernels' parameters for a device.",
    discussion: """
      Takes the products and convolutions of training steps one by one, tries tiles and algorithms \
      on made-up numbers, compares each result with the default's, and times those that are right \
      in turns with it. What is at least 3 % faster is stored after each one, for this device, \
      driver and program; from then on every command uses it. What is stored already is not \
      searched again, so a search that was stopped goes on. Results may differ in the last bits \
      from those before.
      """)

  @Option(
    help: ArgumentHelp(
      "Steps of 'retort bench step', separated by commas. (default: \(defaultModels))",
      valueName: "names"), completion: .list(Workload.all.map(\.name)))
  var models: String?
  @Option(
    help: ArgumentHelp(
      "Instead, every stage of a recipe: its file or bundled name.", valueName: "recipe"),
    completion: .recipe)
  var recipe: String?
  @Option(help: ArgumentHelp("When to begin no further search.", valueName: "seconds"))
  var budget = 600
  @Flag(help: "Drop what is stored for the device, and search nothing.")
  var clear = false
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  private static let defaultModels = "mlp,lenet5,resnet8,resnet20"

  private func workloads() throws(WorkloadError) -> [Workload] {
    var found: [Workload] = []
    for name in (models ?? Self.defaultModels).split(separator: ",") {
      found.append(try Workload.named(String(name)))
    }
    return found
  }

  func validate() throws {
    let isEmpty: Bool
    guard device.isOpenCL else {
      throw ValidationError(
        "--device \(device.device) has nothing to tune; name an OpenCL device, see 'retort devices'."
      )
    }
    guard (1...86400).contains(budget) else {
      throw ValidationError("--budget must be from 1 to 86400 seconds.")
    }
    guard models == nil || recipe == nil else {
      throw ValidationError("--models and --recipe exclude each other.")
    }
    guard !clear || models == nil && recipe == nil else {
      throw ValidationError("--clear searches nothing; drop --models and --recipe.")
    }
    do throws(WorkloadError) {
      isEmpty = try workloads().isEmpty
    } catch {
      throw ValidationError("\(error)")
    }
    if isEmpty { throw ValidationError("--models names no step.") }
  }

  func run() throws {
    let recipe = try recipe.map { try Recipe.load($0, overrides: []) }
    let backend = try device.openCL()
    guard let store = TuningStore.standard() else { throw TuningError.noFolder }
    var stored = backend.tuningFault == nil ? try store.read(backend.device) : TuningTable()
    guard !clear else {
      try store.clear(backend.device)
      report(backend, dropped: stored.choices.count)
      return
    }
    Interruption.listen()
    let tuner = StepTuner(
      device: backend.device, form: backend.form, isCancelled: { Interruption.isWanted })
    let targets = tuner.targets(in: try plans(recipe, for: backend)).filter {
      stored[$0.key] == nil
    }
    let progress = ProgressLines(isSilent: format.json)
    let end = ContinuousClock.now + .seconds(budget)
    var report = TuneReport(device: backend.name, file: store.path(backend.device))
    for (index, target) in targets.enumerated() {
      guard index == 0 || ContinuousClock.now < end else { break }
      progress.status(
        StatusLine(
          ["\(index + 1) of \(targets.count)", "\(target.key)"],
          share: Double(index) / Double(targets.count)))
      guard let result = try tuner.tune(target) else { break }
      stored[target.key] = result.choice
      try store.write(stored, for: backend.device)
      report.add(target.key, result)
    }
    report.left = targets.count - report.count
    report.known = stored.choices.count - report.count
    StandardOutput.write(format.json ? report.json.text : report.text)
    if Interruption.isWanted {
      StandardError.complain("interrupted; what was found is stored, and a second run goes on")
      throw ExitCode(1)
    }
  }

  private func report(_ backend: OpenCLBackend, dropped count: Int) {
    guard !format.json else {
      StandardOutput.write(
        .record(("device", .string(backend.name)), ("dropped", .integer(count))))
      return
    }
    StandardOutput.write("\(backend.name): dropped \(count) choices")
  }

  /// The plans of the training steps to tune.
  private func plans(_ recipe: Recipe?, for backend: OpenCLBackend) throws -> [Plan] {
    let recorder = PlanRecorder(fusingPrologues: backend.fusesPrologues)
    if let recipe {
      try RecipeRunner.compile(recipe, on: recorder)
    } else {
      for workload in try workloads() {
        _ = try WorkloadStep(workload, batch: workload.batch, isNoisy: true, on: recorder)
      }
    }
    return recorder.plans
  }
}
