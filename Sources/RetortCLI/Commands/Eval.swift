import ArgumentParser
import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortRecipes
import RetortRuns
import RetortTraining

/// `retort eval`: the metrics of a trained model on a dataset's test part, a folder of pictures or a file of
/// texts.
struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures a trained model on the test set.",
    discussion: """
      A model is a folder with config.json and model.safetensors, or the file of weights in it. The \
      folder of a run or of a stage stands for what was trained there, a student before a teacher. \
      A model that reads text is measured on a .tsv file: a text, a tab and a label in each line. \
      One that gives vectors is measured on pairs: a text, a tab and the text that is to be found \
      by it in each line; or on the questions of Perl's documentation, a .pod file or a folder with perlfaq. One \
      that sees pictures is measured on a folder that has a folder for each class, or has \
      those in a folder test.
      """)

  @Argument(
    help: "The model: its folder or file, or the folder of a stage or a run.",
    completion: .trainedModel, transform: FilePath.expanded)
  var model: String
  @Option(
    help: ArgumentHelp("Another model to measure agreement with.", valueName: "folder"),
    completion: .trainedModel, transform: FilePath.expanded)
  var teacher: String?
  @Option(
    help: "The dataset, a folder of pictures, or a .tsv file of labelled texts.",
    completion: .dataset,
    transform: FilePath.expanded)
  var data = FashionMNIST.name
  @Option(
    help: ArgumentHelp("Where the dataset lies.", valueName: "folder"), completion: .directory,
    transform: FilePath.expanded)
  var directory: String?
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard data == FashionMNIST.name || isOwn else {
      throw ValidationError(
        "There is no dataset '\(data)'. There is: \(FashionMNIST.name), and folders of pictures and "
          + ".tsv files of texts.")
    }
    guard directory == nil || !isOwn else {
      throw ValidationError(
        "--directory goes with \(FashionMNIST.name); --data names the file or folder.")
    }
  }

  /// Whether `data` is a file or folder of the user's own.
  private var isOwn: Bool { isFile || isFolder }

  /// Whether `data` is a folder of pictures.
  private var isFolder: Bool {
    !isFile && data != FashionMNIST.name
      && (data.contains("/") || FolderEntries.leadsToFolder(data))
  }

  /// Whether `data` is a file of labelled texts, or of pairs.
  private var isFile: Bool { [".tsv", ".pod"].contains(where: data.lowercased().hasSuffix) }

  func run() throws {
    let stored = try StoredModel(model)
    let other = try teacher.map { try StoredModel($0, as: .teacher) }
    let backend = try device.backend()
    let progress = ProgressLines(isSilent: true)
    let own = try evaluate(stored, backend, progress)
    let its = try other.map { try evaluate($0, backend, progress) }
    if let other, isOwn, other.classNames != stored.classNames || other.embeds != stored.embeds {
      throw ModelError.unfit(
        model: other.spec.model,
        reason: "it tells other classes apart than those of '\(stored.folder)'")
    }
    let agreement = its.map { own.metrics.agreement(with: $0.metrics) }
    guard !format.json else {
      StandardOutput.write(
        .record(
          ("model", own.score.json), ("teacher", its?.score.json ?? .null),
          ("agreement", agreement.map { .real($0) } ?? .null), ("dataset", .string(data)),
          ("device", .string(backend.name)), ("version", .string(retortVersion))))
      return
    }
    let measures = stored.embeds ? ["recall@1", "recall@10", "MRR"] : ["accuracy", "NLL", "ECE"]
    var table = TextTable(
      ["model"] + measures + ["parameters", "MACs"], numeric: [1, 2, 3, 4, 5])
    var rows = [(stored, own.score)]
    if let other, let its { rows.append((other, its.score)) }
    for (model, score) in rows {
      func percent(_ share: Double?) -> String { fixed(100 * (share ?? 0), 2) + " %" }
      let found = score.retrieval
      let (second, third) =
        stored.embeds
        ? (percent(found?.recallAt10), fixed(found?.meanReciprocalRank ?? 0, 4))
        : (fixed(score.nll ?? 0, 4), fixed(score.ece ?? 0, 4))
      table.add(
        model.spec.model, percent(score.accuracy), second, third, "\(score.parameters)",
        "\(score.macs)")
    }
    StandardOutput.write(table.text)
    if let agreement { StandardOutput.write("agreement \(fixed(100 * agreement, 2)) %") }
  }

  private func evaluate(
    _ stored: StoredModel, _ backend: any Backend, _ progress: ProgressLines
  ) throws -> StoredModel.Evaluation {
    guard !isFile, !isFolder || !stored.embeds else {
      return try stored.evaluate(onTexts: data, with: backend) { progress.show($0) }
    }
    guard !isFolder else {
      return try stored.evaluate(onPictures: data, with: backend) { progress.show($0) }
    }
    guard stored.tokenizer == nil else {
      throw ModelError.unfit(
        model: stored.spec.model,
        reason: "it reads text; name a file of labelled texts: --data FILE.tsv")
    }
    var spec = DataSpec()
    var source = FashionMNIST()
    source.directory = directory
    spec.source = source
    return try stored.evaluate(on: spec, with: backend) { progress.show($0) }
  }
}
