import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData
@testable import RetortRuns

/// Encoders of several families, against what `transformers` computes with the same folders.
@Suite struct HuggingFaceEncoderTests {
  private static let names = ["minilm", "distilbert", "roberta", "xlm-roberta"]

  private struct Recorded: Decodable {
    let texts: [String]
    let ids: [[Int32]]
    let tokens: [[Int32]]
    let mask: [[Int32]]
    let logits: [[Double]]
    let labels: [Int32]
    let loss: Double
    let gradients: [String: [Double]]

    init(_ name: String) throws {
      let bytes = try FileBytes.read("\(Goldens.folder)/huggingface/\(name).json")
      self = try JSONDecoder().decode(Recorded.self, from: Data(bytes))
    }
  }

  @Test(arguments: names) func idsAndLogitsAreTheSame(_ name: String) throws {
    let model = try StoredModel("\(Goldens.folder)/huggingface/\(name)")
    let recorded = try Recorded(name)
    let tokenizer = try #require(model.tokenizer)
    for (text, ids) in zip(recorded.texts, recorded.ids) {
      #expect(tokenizer.encode(text, length: 18) == ids, "\(text)")
    }
    let found = try model.predict(
      [UnlabelledTexts(recorded.texts, path: "texts")], top: 3, with: CPUBackend())
    #expect(found.count == 4)
    for (prediction, logits) in zip(found, recorded.logits) {
      let byName = Dictionary(uniqueKeysWithValues: prediction.classes.map { ($0.name, $0.logit) })
      for (name, logit) in zip(["negative", "neutral", "positive"], logits) {
        #expect(abs((byName[name] ?? .nan) - logit) < 1e-5, "\(name)")
      }
    }
  }

  @Test func aTokenOfPaddingBehindAllIsRefused() throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let copy = home.path + "/roberta"
    try FileManager.default.copyItem(
      atPath: "\(Goldens.folder)/huggingface/roberta", toPath: copy)
    let text = String(decoding: try FileBytes.read(copy + "/config.json"), as: UTF8.self)
    let changed = text.replacing("\"pad_token_id\": 1", with: "\"pad_token_id\": \(Int.max)")
    try AtomicFile.write(Array(changed.utf8), to: copy + "/config.json")
    let error = #expect(throws: FormatError.self) { try StoredModel(copy) }
    #expect(error?.field == "pad_token_id")
  }

  /// The loss and all gradients of a training step, in float64 and float32.
  @Test(arguments: names, [CPUBackend.Precision.float64, .float32])
  func trainingStepsAreTheSame(_ name: String, _ precision: CPUBackend.Precision) throws {
    let stored = try StoredModel("\(Goldens.folder)/huggingface/\(name)")
    let recorded = try Recorded(name)
    var options = stored.spec.options
    options["dropout"] = 0
    let module = try ModelCatalog.make(
      stored.spec.model, options: options, for: try #require(stored.examples), classes: 3)
    let store = ParameterStore(module, name: "model")
    let session = Session(CPUBackend(precision: precision))
    try store.write(store.imported(stored.weights), to: session)
    let graph = Graph()
    let shape = Shape([recorded.tokens.count, recorded.tokens[0].count])
    let example = Example([
      ("tokens", graph.constant(recorded.tokens.flatMap(\.self), shape)),
      ("mask", graph.constant(recorded.mask.flatMap(\.self), shape)),
    ])
    let logits = store.model(example, in: ForwardContext(graph, .training))
    let loss = crossEntropy(
      logits: logits, labels: graph.constant(recorded.labels, [recorded.labels.count]))
    let program = try session.compile(graph, outputs: [loss, store.gradient(of: loss)])
    try program.run()
    let bound = precision == .float64 ? 1e-6 : 1e-4
    #expect(abs(Double(try program.floats(0)[0]) - recorded.loss) < bound)
    let gradients = store.exported(parameters: try program.floats(1))
    #expect(Set(gradients.map(\.name)) == Set(recorded.gradients.keys))
    let largest = recorded.gradients.values.joined().map(abs).max() ?? 0
    for found in gradients {
      let expected = try #require(recorded.gradients[found.name])
      let distance = zip(found.values, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(found.values.count == expected.count && distance < bound * largest, "\(found.name)")
    }
  }

  @Test(arguments: names.dropFirst()) func sentencesAreTheSameVectors(_ name: String) throws {
    struct Recorded: Decodable {
      let texts: [String]
      let vectors: [[Float]]
    }
    let folder = "\(Goldens.folder)/huggingface/sentence-\(name)"
    let recorded = try JSONDecoder().decode(
      Recorded.self, from: Data(try FileBytes.read(folder + ".json")))
    let model = try StoredModel(folder)
    #expect(model.embeds)
    let found = try model.embeddings(
      of: [UnlabelledTexts(recorded.texts, path: "texts")], with: CPUBackend())
    #expect(found.count == 4)
    for (embedding, vector) in zip(found, recorded.vectors) {
      #expect(embedding.values.count == 12)
      #expect(zip(embedding.values, vector).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  /// A student keeps the tokenizer of the file that its teacher has.
  @Test(arguments: ["roberta", "distilbert"]) func theTokenizerIsWrittenBesideWeights(
    _ name: String
  ) throws {
    let model = try StoredModel("\(Goldens.folder)/huggingface/\(name)")
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let files = ModelFiles(
      spec: model.spec, weights: model.weights, classNames: model.classNames,
      examples: try #require(model.examples), tokenizer: model.tokenizer, recipeSHA256: nil)
    try files.safetensors.write(to: home.path + "/model.safetensors")
    try files.writeDescription(to: home.path)
    let copy = try StoredModel(home.path)
    #expect(copy.tokenizer == model.tokenizer)
    let written = name == "roberta" ? "tokenizer.json" : "vocab.txt"
    #expect(copy.vocabularyPath == "\(home.path)/\(written)")
    let texts = [UnlabelledTexts(["The cat sat."], path: "texts")]
    #expect(
      try copy.predict(texts, top: 3, with: CPUBackend())
        == model.predict(texts, top: 3, with: CPUBackend()))
  }
}
