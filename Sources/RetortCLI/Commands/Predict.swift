import ArgumentParser
import Glibc
import RetortData
import RetortFormats
import RetortRuns
import RetortTraining

/// `retort predict`: a trained model's predictions for images or texts.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what a trained model takes pictures or texts for.",
    discussion: """
      Pictures are PNG, JPEG or WebP files, or a folder with such files anywhere below it: they are \
      scaled until they cover the size of those that the model was trained on, and their middle is \
      taken. IDX files of bytes, plain or gzip, have any number of pictures of just that size. A \
      model that reads text takes \
      files of one text a line, .tsv files of text, tab and label, '-' for the standard input, and \
      --text. A model of sentences gives the vector of each. The answer is CSV with a head, or one \
      JSON object a line with --json.
      """)

  @Argument(
    help: "The model: its folder or file, or the folder of a stage or a run.",
    completion: .trainedModel, transform: FilePath.expanded)
  var model: String
  @Argument(
    help: "Pictures or folders of them, or texts.",
    completion: .file(extensions: ["png", "jpg", "jpeg", "gz", "txt", "tsv"]),
    transform: FilePath.expanded)
  var inputs: [String] = []
  @Option(help: "A text, for a model that reads text; may stand several times.")
  var text: [String] = []
  @Option(help: "How many classes to name for each.")
  var top = 1
  @Option(help: "What CSV says of each: probability, log-probability or logit; JSON says all.")
  var score = Score.probability

  /// The score shown for a class.
  enum Score: String, CaseIterable, ExpressibleByArgument {
    case probability, logProbability = "log-probability", logit

    func value(_ found: Prediction.Class) -> Double {
      switch self {
      case .probability: found.probability
      case .logProbability: found.logProbability
      case .logit: found.logit
      }
    }
  }

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where the answer goes; standard output if left out.", valueName: "file"))
  var output = OutputFile("-")
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard (1...1000).contains(top) else { throw ValidationError("--top must be from 1 to 1000.") }
    guard !inputs.isEmpty || !text.isEmpty else {
      throw ValidationError("There is nothing to predict: name a file, or give --text.")
    }
  }

  func run() throws {
    let stored = try StoredModel(model)
    let lines = try stored.embeds ? vectorLines(of: stored) : classLines(of: stored)
    guard !output.isStandardOutput else {
      for line in lines { StandardOutput.write(line) }
      return
    }
    try output.write(Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  private func classLines(of stored: StoredModel) throws -> [String] {
    let predictions = try predictions(of: stored)
    return format.json
      ? predictions.map(json) : [head(min(top, stored.classes))] + predictions.map(row)
  }

  private func predictions(of stored: StoredModel) throws -> [Prediction] {
    let progress = ProgressLines(isSilent: true)
    guard stored.tokenizer != nil || !text.isEmpty || inputs.contains("-") else {
      let files = try inputs.map { try UnlabelledImages($0) }
      return try stored.predict(files, top: top, with: try device.backend()) { progress.show($0) }
    }
    return try stored.predict(texts(), top: top, with: try device.backend()) { progress.show($0) }
  }

  /// The texts of the command line.
  func texts() throws -> [UnlabelledTexts] {
    var files = text.isEmpty ? [] : [UnlabelledTexts(text, path: "--text")]
    for input in inputs {
      files.append(
        input == "-"
          ? try UnlabelledTexts(lines: Descriptor.read(STDIN_FILENO, name: "-"), path: "-")
          : try UnlabelledTexts(input))
    }
    return files
  }

  private func json(_ prediction: Prediction) -> String {
    let classes = prediction.classes.map {
      JSONValue.record(
        ("class", .string($0.name)), ("probability", .real($0.probability)),
        ("logProbability", .real($0.logProbability)), ("logit", .real($0.logit)))
    }
    return JSONValue.record(
      ("file", .string(prediction.path)), ("index", .integer(prediction.index)),
      ("class", prediction.classes.first.map { .string($0.name) } ?? .null),
      ("probability", prediction.classes.first.map { .real($0.probability) } ?? .null),
      ("top", .array(classes))
    ).text
  }

  private func head(_ count: Int) -> String {
    let more = (1..<max(1, count)).flatMap { ["class\($0 + 1)", "\(score.rawValue)\($0 + 1)"] }
    return (["file", "index", "class", score.rawValue] + more).joined(separator: ",")
  }

  private func row(_ prediction: Prediction) -> String {
    let classes = prediction.classes.flatMap { [quoted($0.name), "\(score.value($0))"] }
    return ([quoted(prediction.path), "\(prediction.index)"] + classes).joined(separator: ",")
  }

  /// `text` as a CSV field by RFC 4180.
  func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}
