import Foundation
import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN
import RetortOpenCL
import RetortRecipes
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortRuns

/// Models of vectors from pairs of texts to files, small.
@Suite struct PairRunTests {
  private static let sizes = "width: 16, heads: 2, feed-forward: 32, dropout: 0"

  private func recipe(_ home: String, _ changes: String...) throws -> Recipe {
    try Recipe.decode(
      yaml: """
        version: 1
        name: pairs
        data: {name: text-pairs, training: pairs.tsv, test: test-pairs.tsv, vocabulary: vocab.txt, length: 10}
        checkpoints: {steps: 4}
        optimizer: {kind: adam, learning-rate: 5e-3}
        stages:
          - name: teacher
            teacher: {model: sentence-bert, layers: 3, \(Self.sizes)}
            train: {batch: 12, steps: 120}
          - name: distil
            data: {validation: 8}
            teacher: {from: teacher}
            student: {model: sentence-bert, layers: 1, \(Self.sizes)}
            losses: [embedding, {kind: rkd, weight: 0.1}]
            train: {batch: 8, steps: 60, evaluate-every: 20, log-every: 10}

        """, path: home + "/pairs.yaml", overrides: changes)
  }

  private func run(
    _ recipe: Recipe, _ folder: String, _ backend: any Backend = CPUBackend()
  ) throws -> [StageResult] { try RecipeRunner(recipe, on: backend, into: folder).run() }

  @Test(arguments: ["cpu", "opencl"]) func aStudentFindsWhatItsTeacherDoes(_ device: String) throws
  {
    try SmallTexts.withFolder { home in
      let backend: any Backend = device == "cpu" ? CPUBackend() : try TestDevice.backend()
      let (recipe, out) = (try recipe(home), home + "/out")
      let results = try run(recipe, out, backend)
      let teacher = try #require(results[0].trained.retrieval)
      let student = try #require(results[1].trained.retrieval)
      #expect(teacher.documents == 12 && teacher.recallAt1 > 0.5, "\(teacher)")
      #expect(student.recallAt1 > 0.3 && results[1].trained.accuracy == student.recallAt1)
      #expect(results[1].teacher?.retrieval == teacher && results[1].trained.nll == nil)
      #expect(results[0].labelledExamples == 48 && results[1].labelledExamples == 0)
      #expect(results[1].teacherEvaluations == 40, "each pair once")
      let last = try #require(results[1].last.validation)
      #expect(last.accuracy != nil && last.loss >= 0 && last.loss <= 1)
      #expect(results[1].agreement != nil)

      let stage = out + "/stages/distil"
      let read = try StageResult(path: stage + "/result.json", of: recipe.stages[1])
      #expect(read == results[1])
      let page = String(decoding: try FileBytes.read(out + "/report.html"), as: UTF8.self)
      #expect(page.contains("retrieval on the test pairs") && page.contains("documents first for"))
      #expect(!FileBytes.isReadable(stage + "/evaluation.json"))

      // The student's folder stands alone.
      for name in ["model.safetensors", "model.onnx", "config.json", "vocab.txt"] {
        #expect(FileBytes.isReadable("\(stage)/student/\(name)"), "\(name)")
      }
      let stored = try StoredModel(stage + "/student")
      #expect(stored.embeds && stored.classNames.isEmpty)
      let (score, metrics) = try stored.evaluate(
        onTexts: home + "/test-pairs.tsv", with: CPUBackend())
      #expect(score.retrieval == student && metrics.retrieval?.documents == 12)
    }
  }

  /// The teacher's vectors in a table are those that it gives when it is asked at each step.
  @Test func aTableHasTheTeachersVectors() throws {
    try SmallTexts.withFolder { home in
      let taps = "{kind: hint, weight: 0, taps: [{student: embeddings, teacher: embeddings}]}"
      let short = "stages.*.train={batch: 8, steps: 6}"
      let (table, live) = (
        try run(recipe(home, short), home + "/a"),
        try run(
          recipe(
            home, short,
            "stages.distil.losses=[embedding, {kind: rkd, weight: 0.1}, \(taps)]"), home + "/b")
      )
      for out in ["a", "b"] {
        let file = try ONNXModel.read("\(home)/\(out)/stages/distil/student/model.onnx")
        #expect(file.outputs.map(\.name) == ["embedding"], "with adapters and without")
      }
      #expect(table[1].teacherEvaluations == 40 && live[1].teacherEvaluations == 48)
      for name in ["embedding", "rkd-distance", "rkd-angle"] {
        let (a, b) = (try #require(table[1].losses[name]), try #require(live[1].losses[name]))
        #expect(abs(a - b) <= 1e-4 * abs(b), "\(name): \(a), \(b)")
      }
    }
  }

  /// A student begins with the layers that it is told of, in that order.
  @Test func aStudentBeginsWithLayersOfADeeperModel() throws {
    try SmallTexts.withFolder { home in
      _ = try run(recipe(home, "stages.*.train={batch: 8, steps: 1}"), home + "/out")
      let deep = home + "/out/stages/teacher/teacher"
      func student(_ kept: String) throws -> Recipe {
        try Recipe.decode(
          yaml: """
            version: 1
            name: layers
            data: {name: text-pairs, training: pairs.tsv, test: test-pairs.tsv, vocabulary: vocab.txt, length: 10}
            student: {model: sentence-bert, layers: 2, \(Self.sizes), weights: \(deep), keep-layers: \(kept)}
            optimizer: {kind: sgd, learning-rate: 1e-30}
            train: {batch: 8, steps: 1}
            """, path: home + "/layers.yaml")
      }
      _ = try run(student("[2, 0]"), home + "/layers")
      func weights(_ path: String) throws -> [String: [Float]] {
        let read = try Safetensors.read(path + "/model.safetensors").weights()
        return Dictionary(uniqueKeysWithValues: read.map { ($0.name, $0.values) })
      }
      let (own, its) = (try weights(home + "/layers/student"), try weights(deep))
      for (name, values) in own {
        let source = name.replacing("layer.0.", with: "layer.2.")
          .replacing("layer.1.", with: "layer.0.")
        #expect(values == its[source], "\(name)")
      }
      #expect(own.count == its.count - 16 && own.keys.contains { $0.hasPrefix("encoder.layer.1.") })
      let error = #expect(throws: ModelError.self) {
        _ = try run(student("[0, 3]"), home + "/none")
      }
      #expect(error?.description.contains("names layer 3; its weights have layers 0 to 2") == true)
    }
  }

  /// The bundled recipe, on a folder of sentence-transformers and a file as apt keeps it.
  @Test func theBundledRecipeRuns() throws {
    try SmallTexts.withFolder { home in
      let published = "\(Goldens.folder)/huggingface/sentence"
      let packages = (0..<14).map {
        "Package: p\($0)\nDescription-en: short \($0)\n Text of \($0).\n\n"
      }
      try AtomicFile.write(Array(packages.joined().utf8), to: home + "/Translation-en")
      let sizes = "layers: 1, width: 12, heads: 3, feed-forward: 16, length: 20"
      let recipe = try Recipe.load(
        "minilm-debian",
        overrides: [
          "data.file=\(home)/Translation-en", "data.vocabulary=\(published)/tokenizer.json",
          "data.length=8", "data.labelled=8", "data.test-pairs=4", "train.batch=4",
          "teacher={model: sentence-bert, weights: \(published), \(sizes)}",
          "stages.*.student={model: sentence-bert, \(sizes)}",
          "stages.distil.student.weights=\(published)", "stages.distil.student.keep-layers=[0]",
        ])
      let results = try run(recipe, home + "/out")
      #expect(results.map(\.stage) == ["distil", "labels-only"] && results[0].steps == 2)
      #expect(results.allSatisfy { $0.teacher?.retrieval?.documents == 4 })
      #expect(results.allSatisfy { $0.trained.retrieval?.documents == 4 })
      #expect(results[0].losses["embedding"] ?? 1 < 0.01, "it begins as the teacher")
    }
  }

  /// The recipe of retrieval, on questions of Perl's documentation: its student is narrower than the teacher, and new
  /// queries come from a generator of the run.
  @Test func theRecipeOfRetrievalRuns() throws {
    try SmallTexts.withFolder { home in
      let published = "\(Goldens.folder)/huggingface/sentence"
      let packages = (0..<14).map {
        "Package: p\($0)\nDescription-en: short \($0)\n Text of \($0).\n\n"
      }
      try AtomicFile.write(Array(packages.joined().utf8), to: home + "/Translation-en")
      let questions = (0..<5).map { "=head2 Why \($0)?\n\nBecause of C<\($0)>.\n\n" }
      try AtomicFile.write(Array(questions.joined().utf8), to: home + "/questions.pod")
      let sizes = "layers: 1, heads: 2, feed-forward: 8, dropout: 0"
      let recipe = try Recipe.load(
        "retrieval-debian",
        overrides: [
          "data.file=\(home)/Translation-en", "data.vocabulary=\(published)/tokenizer.json",
          "data.test=\(home)/questions.pod", "data.length=5", "stages.distil.data.labelled=8",
          "train={batch: 4, steps: 2}",
          "stages.generator.generator={model: denoising-transformer, width: 8, \(sizes)}",
          "stages.distil.teacher={model: sentence-bert, weights: \(published), layers: 1, width: 12, "
            + "heads: 3, feed-forward: 16, length: 20}",
          "stages.distil.student={model: sentence-bert, width: 8, \(sizes)}",
        ])
      let results = try run(recipe, home + "/out")
      #expect(
        results.map(\.stage) == ["generator"]
          + ["labels-only", "kd", "reconstruction", "tgt-zero"].map { "distil/\($0)" })
      for result in results.dropFirst() {
        #expect(result.trained.retrieval?.documents == 5, "the test's own pairs")
        #expect(result.losses.values.allSatisfy { $0.isFinite })
      }
      func terms(_ result: StageResult) -> Set<String> {
        Set(result.losses.keys).subtracting(["loss", "gradient-norm"])
      }
      #expect(terms(results[1]) == ["contrastive"])
      let taught = ["embedding", "retrieval", "rkd-distance"]
      #expect(terms(results[2]) == Set(taught))
      for result in results.suffix(2) {
        let generated = ["embedding-generated", "retrieval-generated", "rkd-generated-distance"]
        #expect(terms(result) == Set(taught + generated))
        #expect(result.teacherEvaluations == 8 + 2 * 4, "each pair once, and each new query")
      }
      let student = home + "/out/stages/distil/tgt-zero/student"
      let weights = try Safetensors.read(student + "/model.safetensors")
      #expect(!weights.names.contains { $0.hasPrefix("adapters") })
      let file = try ONNXModel.read(student + "/model.onnx")
      #expect(file.outputs.map(\.name) == ["embedding"])
    }
  }

  @Test func weightsWithoutLayersAreRefused() throws {
    let weights = [NamedWeights(name: "fc1.weight", shape: [1], values: [0])]
    #expect(throws: ModelError.self) { try weights.keepingLayers([0], of: "mlp") }
    #expect(try weights.keepingLayers([], of: "mlp").count == 1)
    let stages = ["layer1.0.conv1.weight", "layer2.0.conv1.weight"].map {
      NamedWeights(name: $0, shape: [1], values: [0])
    }
    #expect(throws: ModelError.self) { try stages.keepingLayers([0], of: "resnet8") }
  }

  /// A run that was cut off ends with the bits of one that was not.
  @Test func aRunGoesOn() throws {
    try SmallTexts.withFolder { home in
      let recipe = try recipe(home, "stages.*.train={batch: 8, steps: 10}")
      _ = try run(recipe, home + "/whole")
      breakOff(recipe, into: home + "/cut", after: 5, of: "distil")
      _ = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/cut", isResumed: true).run()
      let path = "/stages/distil/student/model.safetensors"
      #expect(try FileBytes.read(home + "/whole" + path) == FileBytes.read(home + "/cut" + path))
    }
  }
}
