import ArgumentParser
import RetortFormats
import RetortRuns

/// `retort export`: a trained model as a file for other programs.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Converts a trained model to ONNX or safetensors.",
    discussion: """
      An ONNX file takes batches of any size. It reads 'input', float32 [batch, channels, height, \
      width] of normalised samples, or 'input_ids' and 'attention_mask', int64 [batch, sequence], \
      and gives 'logits'; that of a generator reads 'latent' and gives 'image'. Its metadata have \
      the names of the classes and the normalisation. Weights in safetensors have config.json \
      beside them.
      """)

  @Argument(
    help: "The model: its folder or file, an ONNX file, or the folder of a stage or a run.",
    completion: .trainedModel, transform: FilePath.expanded)
  var model: String
  @Option(help: "The kind of file; by the name of the file, onnx if left out.")
  var format: StoredModel.FileFormat?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file; - for the standard output.", valueName: "file"))
  var output: OutputFile

  func run() throws {
    let stored = try StoredModel(model)
    let format = format ?? StoredModel.FileFormat(ofFile: output.path)
    let progress = ProgressLines(isSilent: true)
    guard !output.isStandardOutput else {
      StandardOutput.send(try stored.exported(as: format) { progress.show($0) })
      return
    }
    try stored.export(as: format, to: output.path) { progress.show($0) }
  }
}

extension StoredModel.FileFormat: ExpressibleByArgument {}
