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
  public let allowance: Int
  /// The name of the file that it reads.
  private let file: String
  private let body: @Sendable (_ bytes: [UInt8], _ path: String) throws -> Void

  /// All of them.
  public static let all: [FuzzedReader] = [
    FuzzedReader("onnx", "model.onnx") { _, path in _ = try ONNXImport(path).weights() },
    // Tables are as large as the model's shapes, of which a file of a few bytes may have large ones.
    FuzzedReader("onnx-graph", "model.onnx", allowance: 1 << 30) { _, path in
      let file = try ONNXImport(path)
      if let examples = file.examples { _ = try file.classes(for: examples) }
    },
    FuzzedReader("safetensors", "model.safetensors") { bytes, path in
      for tensor in try Safetensors.parse(bytes, path: path).tensors.values {
        _ = (tensor.floats, tensor.int32s, tensor.int64s, tensor.uint8s)
      }
    },
    FuzzedReader("pth", "model.pth") { bytes, path in
      for tensor in try WeightFile.parse(bytes, path: path).tensors.values { _ = tensor.floats }
    },
    FuzzedReader("idx", "images-idx3-ubyte") { bytes, path in
      _ = try IDX.read(path, limit: 8 * bytes.count + 1 << 24)
    },
    FuzzedReader("image", "picture") { bytes, path in
      _ = try ImageFile.decode(bytes, path: path)
      _ = try ImageFile.decode(bytes, path: path, covering: 8)
    },
    FuzzedReader("tokenizer", "tokenizer.json") { _, path in
      _ = try TokenizerFile.read(in: FilePath.folder(of: path))
    },
    FuzzedReader("vocabulary", "vocab.txt") { _, path in
      _ = try TokenizerFile.read(in: FilePath.folder(of: path))
    },
    FuzzedReader("csv", "labels.csv") { _, path in _ = try LabelTable(path) { _ in true } },
    FuzzedReader("text", "train.tsv") { _, path in
      _ = try LabelledText.read(path)
      _ = try LabelTable(path) { $0.hasSuffix(".png") }
    },
    FuzzedReader("json", "result.json") { _, path in
      _ = try JSONValue.read(path, limit: 1 << 26).text
    },
    FuzzedReader("recipe", "recipe.yaml") { _, path in _ = try Recipe.load(path) },
    FuzzedReader("checkpoint", "step-1.safetensors", checkpoint),
    FuzzedReader("configuration", "config.json") { _, path in
      _ = try StoredModel(FilePath.folder(of: path) + "/model.safetensors")
    },
  ]

  init(
    _ name: String, _ file: String, allowance: Int = 64 << 20,
    _ body: @escaping @Sendable (_ bytes: [UInt8], _ path: String) throws -> Void
  ) {
    (self.name, self.file, self.allowance, self.body) = (name, file, allowance, body)
  }

  /// Writes into `folder` what the reader needs besides its input.
  ///
  /// - Throws: `FormatError` if the folder cannot be written to.
  public func prepare(_ folder: String) throws {
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
    do { try body(bytes, path) } catch {
      // Messages are made of the file's content too.
      _ = "\(error)".count
    }
  }

  /// A checkpoint with the digest that its content would have been written with.
  private static let checkpoint: @Sendable ([UInt8], String) throws -> Void = { bytes, path in
    var content = try Safetensors.parse(bytes, path: path)
    content.metadata["sha256"] = Checkpoint.digest(content)
    try content.write(to: path)
    _ = try Checkpoint(path: path)
  }
}
