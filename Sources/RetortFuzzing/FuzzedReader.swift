import RetortData
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes
import RetortRuns
import RetortTraining

/// A reader of files that others have written, as fuzzing and the tests of its corpora call it.
public struct FuzzedReader: Sendable {
  /// What it is called, and the folder of its corpus.
  public let name: String
  /// The bytes that it may allocate at once besides ten times its input.
  private let allowance: Int
  /// The name of the file that it reads.
  private let file: String
  private let body: @Sendable (_ bytes: [UInt8], _ path: String) throws -> Void

  /// All of them.
  public static let all: [FuzzedReader] = [
    FuzzedReader("onnx", "model.onnx") { _, path in _ = try ONNXImport(path).weights() },
    // Tables are as large as the model's shapes, of which a file of a few bytes may have large ones.
    FuzzedReader("onnx-graph", "model.onnx", allowance: 1 << 30) { _, path in
      let file = try ONNXImport(path)
      let usual: [ExampleSpec] = [
        .image(ImageSize(height: 8, width: 8, channels: 3)), .tokens(length: 8, vocabulary: 32),
      ]
      for examples in file.examples.map({ [$0] }) ?? usual {
        attempt {
          guard let classes = try file.classes(for: examples) else { return }
          _ = try file.make(for: examples, classes: classes)
        }
      }
    },
    FuzzedReader("safetensors", "model.safetensors") { bytes, path in
      for tensor in try Safetensors.parse(bytes, path: path).tensors.values {
        _ = (tensor.floats, tensor.int32s, tensor.int64s, tensor.uint8s)
      }
    },
    FuzzedReader("index", "model.safetensors.index.json") { _, path in
      _ = try SafetensorsIndex(path)
    },
    FuzzedReader("pth", "model.pth") { bytes, path in
      for bytes in [bytes, Checksums.zip(bytes)] {
        attempt {
          for tensor in try WeightFile.parse(bytes, path: path).tensors.values { _ = tensor.floats }
        }
      }
    },
    FuzzedReader("numpy", "arrays.npz") { bytes, path in
      try AtomicFile.write(Checksums.zip(bytes), to: path)
      let file = try NumPyFile(path)
      for name in file.names { attempt { _ = (try file.header(name), try file.array(name)) } }
      var arrays = NumPyArrays()
      arrays.training = path
      _ = try arrays.load()
    },
    FuzzedReader("idx", "images-idx3-ubyte") { bytes, path in
      attempt { _ = try IDX.read(path, limit: 8 * bytes.count + 1 << 24) }
      let images = try UnlabelledImages(path)
      _ = try images.dataset(images.size, classNames: ["0"])
    },
    FuzzedReader("cifar", "data_batch_1.bin") { _, path in
      attempt { _ = try CIFARFile(path, labelCount: 1, chosen: 0) }
      attempt { _ = try CIFARFile(path, labelCount: 2, chosen: 1) }
    },
    // A blank picture of the largest size takes some bytes.
    FuzzedReader("image", "picture", allowance: 3 << 28) { bytes, path in
      _ = try ImageFile.decode(bytes, path: path)
      _ = try ImageFile.decode(bytes, path: path, covering: 8)
    },
    FuzzedReader("shards", "train.tar", allowance: 3 << 28) { bytes, path in
      try AtomicFile.write(Checksums.tar(bytes), to: path)
      var shards = Shards()
      (shards.training, shards.side, shards.damaged) = (path, 8, .skip)
      _ = try shards.load()
    },
    FuzzedReader("tokenizer", "tokenizer.json") { _, path in try tokenize(path) },
    FuzzedReader("vocabulary", "vocab.txt") { _, path in try tokenize(path) },
    FuzzedReader("csv", "labels.csv") { _, path in _ = try LabelTable(path) { _ in true } },
    FuzzedReader("text", "train.tsv") { _, path in
      attempt { _ = try LabelledText.read(path) }
      attempt { _ = try LabelTable(path) { $0.hasSuffix(".png") } }
      attempt { _ = try TextPair.read(path) }
      attempt { _ = try UnlabelledTexts(path) }
    },
    FuzzedReader("packages", "main_i18n_Translation-en") { _, path in
      _ = try PackageDescriptions.read(path)
    },
    FuzzedReader("pod", "perlfaq1.pod") { _, path in _ = try PODQuestions.read(path) },
    FuzzedReader("json", "result.json") { _, path in
      _ = try JSONValue.read(path, limit: 1 << 26).text
    },
    FuzzedReader("recipe", "recipe.yaml") { _, path in _ = try Recipe.load(path) },
    FuzzedReader("metrics", "metrics.jsonl") { _, path in _ = try MetricLines(path) },
    FuzzedReader("checkpoint", "step-1.safetensors", checkpoint),
    FuzzedReader("configuration", "config.json") { _, path in
      _ = try StoredModel(FilePath.folder(of: path) + "/model.safetensors")
    },
    FuzzedReader("preprocessing", "preprocessor_config.json") { _, path in
      _ = try HuggingFacePreprocessing(in: FilePath.folder(of: path))
    },
    FuzzedReader("pooling", "1_Pooling/config.json") { _, path in
      _ = try SentencePooling(in: FilePath.folder(of: FilePath.folder(of: path)))
    },
  ]

  init(
    _ name: String, _ file: String, allowance: Int = 64 << 20,
    _ body: @escaping @Sendable (_ bytes: [UInt8], _ path: String) throws -> Void
  ) {
    (self.name, self.file, self.allowance, self.body) = (name, file, allowance, body)
  }

  /// The bytes of the largest block of memory that it may ask for to read `bytes`.
  public func limit(of bytes: [UInt8]) -> Int { 10 * bytes.count + allowance }

  /// Writes into `folder` what the reader needs besides its input.
  ///
  /// - Throws: `FormatError` if the folder cannot be written to.
  public func prepare(_ folder: String) throws {
    try AtomicFile.makeDirectories(FilePath.folder(of: "\(folder)/\(file)"))
    guard name == "configuration" else { return }
    let weights = Safetensors(tensors: ["fc1.weight": HostTensor(shape: [1, 1], floats: [1])])
    try weights.write(to: folder + "/model.safetensors")
    let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"].joined(separator: "\n")
    try AtomicFile.write(Array(tokens.utf8), to: folder + "/vocab.txt")
  }

  /// Reads `bytes` as a file in `folder`; that they are refused is as good as that they are read.
  ///
  /// - Throws: `FormatError` if the folder cannot be written to.
  public func read(_ bytes: [UInt8], in folder: String) throws {
    let path = "\(folder)/\(file)"
    try AtomicFile.write(bytes, to: path)
    Self.attempt { try body(bytes, path) }
  }

  /// Does what may fail, and makes the message of the error, which is made of the file's content too.
  private static func attempt(_ body: () throws -> Void) {
    do { try body() } catch { _ = "\(error)".count }
  }

  /// A text with what tokenizers treat in ways of their own.
  private static let text =
    "It's  Zoë\u{301}'s [SEP]\t12,345 \u{4E2D}\u{6587}\r\n <s>ſtraße aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "

  /// Encodes that text by the tokenizer of a folder's file.
  private static func tokenize(_ path: String) throws {
    let tokenizer = try TokenizerFile.read(in: FilePath.folder(of: path))
    let ids = tokenizer.encode(text, length: 64)
    precondition(ids.count <= 64 && ids.allSatisfy { 0..<Int32(tokenizer.count) ~= $0 })
  }

  /// A checkpoint with the digest that its content would have been written with.
  private static let checkpoint: @Sendable ([UInt8], String) throws -> Void = { bytes, path in
    var content = try Safetensors.parse(bytes, path: path)
    content.metadata["sha256"] = Checkpoint.digest(content)
    try content.write(to: path)
    _ = try Checkpoint(path: path)
  }
}
