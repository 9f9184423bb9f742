import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Trained models as files of other kinds.
@Suite struct ExportTests {
  /// A run of each kind of learner, as it leaves its folder.
  private func withRun(_ body: (String, DataSpec) throws -> Void) throws {
    try SmallPictures.withFolder { home in
      let recipe = """
        version: 1
        name: run
        data: {name: fashion-mnist, directory: pictures}
        train: {steps: 1, batch: 10}
        stages:
          - {name: vae, generator: {model: conv-vae, latent: 2, width: 1, hidden: 2}}
          - name: gan
            scheme: adversarial
            generator: {model: dcgan, latent: 2, width: 1}
            discriminator: {model: dcgan-discriminator, width: 1}
          - name: teach
            teacher: {model: resnet8, width: 1}
          - name: distil
            teacher: {from: teach}
            student: {model: resnet8, width: 2}
            optimizer: {kind: adam, learning-rate: 0.01, average: {decay: 0.5}}
            losses: [kd, {kind: hint, taps: [{student: layer1, teacher: layer1}]}]
            train: {steps: 3, batch: 10}
        """
      try AtomicFile.write(Array(recipe.utf8), to: home + "/run.yaml")
      _ = try RecipeRunner(
        Recipe.load("\(home)/run.yaml"), on: CPUBackend(), into: "\(home)/run"
      ).run()
      var data = DataSpec()
      var source = FashionMNIST()
      source.directory = home + "/pictures"
      data.source = source
      try body(home, data)
    }
  }

  @Test func everyLearnerLeavesAnONNXFile() throws {
    try withRun { home, data in
      func file(_ folder: String) throws -> ONNXModel {
        try ONNXModel.read("\(home)/run/\(folder)/model.onnx")
      }
      for folder in ["student", "stages/distil/student", "stages/teach/teacher"] {
        let found = try file(folder)
        #expect(found.inputs.map(\.shapeText) == ["[batch, 1, 28, 28]"])
        #expect(found.metadata["retort.model"] == "resnet8")
        #expect(found.metadata["retort.recipe"]?.count == 64)
        for (key, value) in ["mean": 0.0, "std": 1] {
          let text = try #require(found.metadata["retort.normalization.\(key)"])
          let list = try JSONValue.parse(Array(text.utf8)[...], path: key).array
          #expect(list?.compactMap(\.double) == [value])
        }
      }
      for (folder, input) in [
        ("vae/generator", "latent"), ("gan/generator", "latent"), ("gan/discriminator", "input"),
      ] {
        let found = try file("stages/\(folder)")
        #expect(found.inputs.map(\.name) == [input])
        #expect(found.metadata["retort.classNames"] == nil)
      }
      // The mean of the student's weights is what is exported, as it is what is measured.
      let own = try StoredModel("\(home)/run")
      let read = try StoredModel("\(home)/run/student/model.onnx")
      #expect(read.classNames == own.classNames && read.classNames.count == 10)
      #expect(read.classNames.contains("Trouser"))
      let scores = try [own, read].map { try $0.evaluate(on: data, with: CPUBackend()) }
      #expect(scores[0].metrics.predictions == scores[1].metrics.predictions)
      #expect(abs((scores[0].score.nll ?? 0) - (scores[1].score.nll ?? 1)) < 1e-6)
      #expect(scores[0].score.parameters == scores[1].score.parameters)
    }
  }

  @Test func filesAreConvertedBothWays() throws {
    try withRun { home, data in
      for folder in ["a", "b"] { try AtomicFile.makeDirectories("\(home)/\(folder)") }
      let own = try StoredModel(home + "/run")
      try own.export(as: .onnx, to: home + "/m.onnx")
      let bytes = try FileBytes.read(home + "/m.onnx")
      #expect(try bytes == FileBytes.read(home + "/run/student/model.onnx"))
      #expect(try own.exported(as: .onnx) == bytes)
      try own.export(as: .safetensors, to: home + "/a/w.safetensors")
      for (found, expected) in [
        ("w.safetensors", "model.safetensors"), ("config.json", "config.json"),
      ] {
        #expect(
          try FileBytes.read("\(home)/a/\(found)")
            == FileBytes.read("\(home)/run/student/\(expected)"))
      }
      // An ONNX file becomes weights that belong to its layers.
      try StoredModel(home + "/m.onnx").export(as: .safetensors, to: home + "/b/w.safetensors")
      let expected = try own.evaluate(on: data, with: CPUBackend()).metrics
      let found = try StoredModel(home + "/b/w.safetensors").evaluate(on: data, with: CPUBackend())
      #expect(abs(found.metrics.loss - expected.loss) < 1e-6)
      #expect(try StoredModel(home + "/b/w.safetensors").classNames == own.classNames)
      // One folder describes one model.
      try own.export(as: .safetensors, to: home + "/a/again.safetensors")
      let other = try StoredModel(home + "/run/stages/teach")
      let error = #expect(throws: FormatError.self) {
        try other.export(as: .safetensors, to: home + "/a/teacher.safetensors")
      }
      #expect("\(try #require(error))".contains("a folder for each model"))
      #expect(FileBytes.size(home + "/a/teacher.safetensors") == nil)
    }
  }

  /// A published folder becomes one of Retort's, and a file that other programs run.
  @Test func aPublishedModelIsConverted() throws {
    let folder = try temporaryFolder().path
    let own = try StoredModel("\(Goldens.folder)/huggingface/bert")
    try own.export(as: .safetensors, to: folder + "/model.safetensors")
    let texts = UnlabelledTexts(["a good film", "bad"], path: "texts")
    func predictions(_ model: StoredModel) throws -> [Prediction] {
      try model.predict([texts], top: 3, with: CPUBackend())
    }
    #expect(try predictions(StoredModel(folder)) == predictions(own))
    let file = try ONNXModel.parse(own.exported(as: .onnx))
    #expect(file.inputs.map(\.name) == ["input_ids", "attention_mask"])
    let metadata = try ONNXMetadata(file)
    #expect(metadata.classNames == own.classNames && metadata.lowercase != nil)
    #expect(metadata.mean == nil && metadata.recipe == nil)
  }

  /// A model of vectors becomes one that gives the same vectors.
  @Test func anEmbedderIsConverted() throws {
    let folder = try temporaryFolder().path
    let own = try StoredModel("\(Goldens.folder)/huggingface/sentence")
    try own.export(as: .safetensors, to: folder + "/model.safetensors")
    let texts = UnlabelledTexts(["a good film", "bad"], path: "texts")
    func vectors(_ model: StoredModel) throws -> [[Float]] {
      try model.embeddings(of: [texts], with: CPUBackend()).map { $0.values.map { Float($0) } }
    }
    #expect(try vectors(StoredModel(folder)) == vectors(own))
    let file = try ONNXModel.parse(own.exported(as: .onnx))
    #expect(file.outputs.map(\.name) == ["embedding"])
    #expect(try ONNXMetadata(file).classNames == nil)
  }

  /// A run whose student ONNX cannot express for batches of any size says so, and leaves its weights.
  @Test func aRunSaysWhatItCouldNotExport() throws {
    try SmallPictures.withFolder { home in
      // Logits from which the mean of the batch has been taken.
      try ONNXModel(
        producer: "", producerVersion: "", metadata: [:],
        inputs: [
          ONNXValueInfo(
            "input", .float32, [.free("batch"), .fixed(1), .fixed(28), .fixed(28)])
        ],
        outputs: [ONNXValueInfo("logits", .float32, [.free("batch"), .fixed(10)])],
        nodes: [
          ONNXNode(
            name: "flat", operation: "Flatten", inputs: ["input"], outputs: ["flat"],
            attributes: [:]),
          ONNXNode(
            name: "fc", operation: "Gemm", inputs: ["flat", "w"], outputs: ["fc"], attributes: [:]),
          ONNXNode(
            name: "mean", operation: "ReduceMean", inputs: ["fc"], outputs: ["mean"],
            attributes: ["axes": .ints([0])]),
          ONNXNode(
            name: "logits", operation: "Sub", inputs: ["fc", "mean"], outputs: ["logits"],
            attributes: [:]),
        ],
        initialisers: [
          (
            "w",
            HostTensor(
              shape: [784, 10], floats: (0..<7840).map { Float($0 % 13) / 1000 })
          )
        ]
      ).write(to: home + "/mean.onnx")
      let recipe = """
        version: 1
        name: mean
        data: {name: fashion-mnist, directory: pictures}
        student: {model: mean.onnx}
        train: {steps: 1, batch: 10}
        """
      try AtomicFile.write(Array(recipe.utf8), to: home + "/mean.yaml")
      var reasons: [String] = []
      _ = try RecipeRunner(
        Recipe.load(home + "/mean.yaml"), on: CPUBackend(), into: home + "/out",
        report: { if case .notExported(_, let reason) = $0 { reasons.append(reason) } }
      ).run()
      #expect(reasons.count == 1 && reasons[0].contains("one number of examples only"))
      #expect(reasons.first?.contains("mean") == true)
      #expect(FileBytes.isReadable(home + "/out/student/model.safetensors"))
      #expect(FileBytes.size(home + "/out/student/model.onnx") == nil)
      #expect(throws: ExportError.self) {
        try StoredModel(home + "/out").exported(as: .onnx)
      }
    }
  }

  @Test func wrongNamesOfClassesAreRefused() throws {
    let path = try temporaryFolder().path + "/m.onnx"
    let image = ImageSize(height: 28, width: 28, channels: 1)
    let store = ParameterStore(
      try ModelCatalog.make("mlp", for: .image(image), classes: 3), name: "m")
    let weights = store.exported(store.initialWeights(seed: 1))
    var metadata = ONNXMetadata()
    metadata.classNames = ["a", "b"]
    let file = try ONNXExport.model(
      of: store, for: .image(image), weights: weights, version: "1", metadata: metadata)
    try file.write(to: path)
    let error = #expect(throws: ModelError.self) { try StoredModel(path) }
    #expect("\(try #require(error))".contains("name 2 classes, its logits are 3"))
    for (names, message) in [("3", "must be an array of names"), ("[\"a\"", "not JSON")] {
      try ONNXModel(
        producer: "", producerVersion: "", metadata: ["retort.classNames": names],
        inputs: file.inputs,
        outputs: file.outputs, nodes: file.nodes, initialisers: file.initialisers
      ).write(to: path)
      let error = #expect(throws: FormatError.self) { try StoredModel(path) }
      #expect("\(try #require(error))".contains(message))
    }
  }
}
