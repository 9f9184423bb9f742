import Foundation
import RetortCPU
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortData
@testable import RetortRuns

/// Folders of Hugging Face's `transformers`, against its own ids and logits.
@Suite struct HuggingFaceTests {
  private static let folder = "\(Goldens.folder)/huggingface/bert"

  private struct Recorded: Decodable {
    let texts: [String]
    let ids: [[Int32]]
    let logits: [[Double]]
  }

  private func recorded() throws -> Recorded {
    let bytes = try FileBytes.read("\(Goldens.folder)/huggingface/bert.json")
    return try JSONDecoder().decode(Recorded.self, from: Data(bytes))
  }

  @Test func itsTokenizerGivesTheSameIDs() throws {
    let tokenizer = try TokenizerFile.read(in: Self.folder)
    let recorded = try recorded()
    for (text, ids) in zip(recorded.texts, recorded.ids) {
      #expect(tokenizer.encode(text, length: 20) == ids, "\(text)")
    }
  }

  /// Longer texts are padded less than the model's 20 positions; logits are those of padded batches.
  @Test func itsLogitsAreTheSame() throws {
    let model = try StoredModel(Self.folder)
    #expect(model.classNames == ["negative", "neutral", "positive"])
    let recorded = try recorded()
    let found = try model.predict(
      [UnlabelledTexts(recorded.texts, path: "texts")], top: 3, with: CPUBackend())
    for (prediction, logits) in zip(found, recorded.logits) {
      let byName = Dictionary(uniqueKeysWithValues: prediction.classes.map { ($0.name, $0.logit) })
      for (name, logit) in zip(model.classNames, logits) {
        #expect(abs((byName[name] ?? .nan) - logit) < 1e-5, "\(name)")
      }
    }
    #expect(found.count == 4)
  }

  /// Vectors of sentences, cut at the 16 tokens that the folder says.
  @Test func sentencesAreVectors() throws {
    struct Recorded: Decodable {
      let texts: [String]
      let vectors: [[Float]]
    }
    let bytes = try FileBytes.read("\(Goldens.folder)/huggingface/sentence.json")
    let recorded = try JSONDecoder().decode(Recorded.self, from: Data(bytes))
    let model = try StoredModel("\(Goldens.folder)/huggingface/sentence")
    #expect(model.embeds)
    let found = try model.embeddings(
      of: [UnlabelledTexts(recorded.texts, path: "texts")], with: CPUBackend())
    #expect(found.map(\.index) == [0, 1, 2, 3])
    for (embedding, vector) in zip(found, recorded.vectors) {
      #expect(zip(embedding.values, vector).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(embedding.values.count == 12)
    }
  }

  @Test func otherPoolingIsRefused() throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let copy = home.path + "/sentence"
    try FileManager.default.copyItem(
      atPath: "\(Goldens.folder)/huggingface/sentence", toPath: copy)
    func error(_ file: String, _ old: String, _ new: String) throws -> String {
      let bytes = try FileBytes.read("\(copy)/\(file)")
      let text = String(decoding: bytes, as: UTF8.self)
      try AtomicFile.write(Array(text.replacing(old, with: new).utf8), to: "\(copy)/\(file)")
      let error = #expect(throws: FormatError.self) { try StoredModel(copy) }
      try AtomicFile.write(bytes, to: "\(copy)/\(file)")
      return "\(error as Any)"
    }
    #expect(
      try error("1_Pooling/config.json", "max_tokens\": false", "max_tokens\": true")
        .contains("pooling_mode_max_tokens"))
    #expect(try error("modules.json", "Normalize", "Dense").contains("Dense"))
    try FileManager.default.removeItem(atPath: copy + "/1_Pooling")
    let plain = #expect(throws: FormatError.self) { try StoredModel(copy) }
    #expect("\(plain as Any)".contains("1_Pooling/config.json"))
  }

  @Test(arguments: [
    ("\"gelu\"", "\"relu\"", "hidden_act"), ("1e-12", "1e-5", "layer_norm_eps"),
    ("BertForSequenceClassification", "BertModel", "architectures"),
    ("\"hidden_size\": 16", "\"hidden_size\": \"a\"", "hidden_size"),
    ("\"1\": \"neutral\"", "\"7\": \"neutral\"", "id2label"),
  ]) func whatDiffersIsRefused(_ old: String, _ new: String, _ key: String) throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let copy = home.path + "/bert"
    try FileManager.default.copyItem(atPath: Self.folder, toPath: copy)
    let text = String(decoding: try FileBytes.read(copy + "/config.json"), as: UTF8.self)
    try AtomicFile.write(Array(text.replacing(old, with: new).utf8), to: copy + "/config.json")
    let error = #expect(throws: FormatError.self) { try StoredModel(copy) }
    #expect(error?.field == key && error?.path == copy + "/config.json", "\(error as Any)")
  }

  /// PyTorch's file has the same weights under `module.`, and half of them in bfloat16.
  @Test func aFileOfPyTorchIsTheSameModel() throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let (golden, copy) = ("\(Goldens.folder)/huggingface/sentence", home.path + "/sentence")
    try FileManager.default.copyItem(atPath: golden, toPath: copy)
    try FileManager.default.removeItem(atPath: copy + "/model.safetensors")
    try FileManager.default.copyItem(
      atPath: "\(Goldens.folder)/pytorch/pytorch_model.bin", toPath: copy + "/pytorch_model.bin")
    let texts = [UnlabelledTexts(["a red house"], path: "texts")]
    let expected = try StoredModel(golden).embeddings(of: texts, with: CPUBackend())[0].values
    let found = try StoredModel(copy).embeddings(of: texts, with: CPUBackend())[0].values
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 0.02 } && found != expected)
    let converted = home.path + "/converted"
    try AtomicFile.makeDirectories(converted)
    try StoredModel(copy).export(as: .safetensors, to: converted + "/model.safetensors")
    let back = try StoredModel(converted).embeddings(of: texts, with: CPUBackend())[0].values
    #expect(back == found)
  }

  /// The same weights in two files and an index are the same model.
  @Test func shardsAreOneModel() throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let copy = home.path + "/bert"
    try FileManager.default.copyItem(atPath: Self.folder, toPath: copy)
    let whole = try Safetensors.read(copy + "/model.safetensors")
    try FileManager.default.removeItem(atPath: copy + "/model.safetensors")
    var map: [JSONValue.Member] = []
    for (part, names) in [whole.names.prefix(9), whole.names.dropFirst(9)].enumerated() {
      let file = "model-\(part).safetensors"
      let tensors = whole.tensors.filter { names.contains($0.key) }
      try Safetensors(tensors: tensors).write(to: "\(copy)/\(file)")
      map += names.map { .init($0, .string(file)) }
    }
    func write(_ map: [JSONValue.Member]) throws {
      let index = JSONValue.record(("weight_map", .object(map)))
      try AtomicFile.write(Array(index.text.utf8), to: "\(copy)/model.safetensors.index.json")
    }
    try write(map)
    let texts = UnlabelledTexts(["the cat sat"], path: "texts")
    func answer(_ folder: String) throws -> [Prediction] {
      try StoredModel(folder).predict([texts], top: 3, with: CPUBackend())
    }
    #expect(try answer(copy) == answer(Self.folder))
    try write(map + [.init("more", .string("model-0.safetensors"))])
    let missing = #expect(throws: FormatError.self) { try StoredModel(copy) }
    #expect("\(missing as Any)".contains("'more'"))
    try write([.init("a", .string("../model.safetensors"))])
    let outside = #expect(throws: FormatError.self) { try StoredModel(copy) }
    #expect("\(outside as Any)".contains("beside it"))
  }

  @Test func otherTokenizersAreRefused() throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let path = home.path + "/tokenizer.json"
    func error(_ old: String, _ new: String) throws -> FormatError? {
      let text = String(
        decoding: try FileBytes.read(Self.folder + "/tokenizer.json"), as: UTF8.self)
      try AtomicFile.write(Array(text.replacing(old, with: new).utf8), to: path)
      return #expect(throws: FormatError.self) { try TokenizerFile.read(in: home.path) }
    }
    #expect(try "\(error("\"WordPiece\",", "\"WordLevel\",") as Any)".contains("Unigram"))
    #expect(try "\(error("BertNormalizer", "Odd") as Any)".contains("BertNormalizer"))
    #expect(try "\(error("\"cat\": 7", "\"cat\": 8") as Any)".contains("an id of its own"))
  }
}
