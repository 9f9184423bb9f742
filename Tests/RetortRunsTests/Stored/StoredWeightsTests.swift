import Glibc
import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Weights as other programs write them, and such as nobody should use.
@Suite struct StoredWeightsTests {
  /// A folder with a student of one step in `out`, a recipe whose teacher it is, and the data.
  private func withModel(_ body: (String, Recipe) throws -> Void) throws {
    try SmallPictures.withFolder { home in
      func recipe(_ models: String) throws -> Recipe {
        try Recipe.decode(
          yaml: """
            version: 1
            name: short
            data: {name: fashion-mnist, directory: pictures}
            \(models)
            train: {steps: 1, batch: 20}
            """, path: home + "/short.yaml")
      }
      let student = "student: {model: mlp, hidden1: 4, hidden2: 0}"
      _ = try RecipeRunner(recipe(student), on: CPUBackend(), into: home + "/out").run()
      try body(
        home,
        recipe(
          "\(student)\nteacher: {model: mlp, hidden1: 4, hidden2: 0, weights: out}\n"
            + "explore: {kind: pixel-noise}"))
    }
  }

  /// Rewrites the weights of `out`.
  private func change(_ home: String, _ body: (inout Safetensors) throws -> Void) throws {
    let path = home + "/out/student/model.safetensors"
    var content = try Safetensors.read(path)
    try body(&content)
    try content.write(to: path)
  }

  private func data(_ home: String) -> DataSpec {
    var spec = DataSpec()
    var source = FashionMNIST()
    source.directory = home + "/pictures"
    spec.source = source
    return spec
  }

  @Test func wrappersNamesAreLeftOutWithAWord() throws {
    try withModel { home, recipe in
      let before = try StoredModel(home + "/out").evaluate(on: data(home), with: CPUBackend()).score
      try change(home) { content in
        content.tensors = Dictionary(
          uniqueKeysWithValues: content.tensors.map { ("module._orig_mod." + $0.key, $0.value) })
        content.tensors["module._orig_mod.bn.num_batches_tracked"] = HostTensor(
          shape: [], int64s: [1 << 40])
      }
      var told: [String] = []
      func note(_ event: RunEvent) {
        if case .prefixLeftOut(let model, let prefix) = event {
          told.append("\(model) \(prefix)")
        }
      }
      let stored = try StoredModel(home + "/out")
      #expect(try stored.evaluate(on: data(home), with: CPUBackend(), report: note).score == before)
      _ = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/kd", report: note).run()
      let prefix = "module._orig_mod."
      #expect(told == ["\(home)/out/student \(prefix)", "teacher \(prefix)"])
    }
  }

  /// VGG's weights fit however often it pools: what is assumed is said where nothing tells it.
  @Test func whatWeightsDoNotTellIsSaid() throws {
    try SmallPictures.withFolder { home in
      var told: [String] = []
      func run(_ student: String, into folder: String) throws {
        let recipe = try Recipe.decode(
          yaml: """
            version: 1
            name: short
            data: {name: fashion-mnist, directory: pictures}
            student: {model: vgg8, width: 1\(student)}
            losses: [{kind: cross-entropy}]
            train: {steps: 1, batch: 20}
            """, path: home + "/short.yaml")
        told = []
        _ = try RecipeRunner(
          recipe, on: CPUBackend(), into: "\(home)/\(folder)",
          report: { event in
            guard case .optionAssumed(let name, let model, let option) = event else { return }
            told.append("\(name) \(model) \(option.name)")
          }
        ).run()
      }
      try run("", into: "first")
      #expect(told.isEmpty)
      try run(", weights: first", into: "known")
      #expect(told.isEmpty)
      unlink(home + "/first/student/config.json")
      try run(", weights: first, pools: 2", into: "chosen")
      #expect(told.isEmpty)
      try run(", weights: first", into: "assumed")
      #expect(told == ["student vgg8 pools"])
    }
  }

  @Test func weightsOfOtherTypesAreConverted() throws {
    try withModel { home, _ in
      try change(home) { content in
        content.tensors["fc2.bias"] = HostTensor(shape: [10], int64s: Array(0..<10))
        content.tensors["fc1.bias"] = HostTensor(
          shape: [4], elementType: .bfloat16, bytes: [0x80, 0x3F, 0, 0, 0, 0, 0, 0])
      }
      let named = try Safetensors.read(home + "/out/student/model.safetensors").weights()
      #expect(named.first { $0.name == "fc2.bias" }?.values == (0..<10).map { Float($0) })
      #expect(named.first { $0.name == "fc1.bias" }?.values == [1, 0, 0, 0])
      _ = try StoredModel(home + "/out").evaluate(on: data(home), with: CPUBackend())
      try change(home) {
        $0.tensors["fc2.bias"] = HostTensor(shape: [10], int64s: Array(repeating: .max, count: 10))
      }
      let error = #expect(throws: FormatError.self) { try StoredModel(home + "/out") }
      #expect(error?.field == "tensor 'fc2.bias'")
      #expect(error?.fault == .notConvertible(from: "I64", to: "float32"))
    }
  }

  /// Weights that are no numbers, and weights whose outputs are none.
  @Test(arguments: [Float.nan, -Float.infinity, 3e38]) func nothingIsScoredFromNoNumbers(
    _ value: Float
  ) throws {
    try withModel { home, recipe in
      try change(home) { content in
        for name in ["fc1.weight", "fc2.weight"] {
          let shape = try content.tensor(name).shape
          content.tensors[name] = HostTensor(
            shape: shape, floats: Array(repeating: value, count: shape.reduce(1, *)))
        }
      }
      try PNGImage(width: 28, height: 28, channels: 1, pixels: Array(repeating: 200, count: 784))
        .write(to: home + "/a.png")
      let picture = try UnlabelledImages(home + "/a.png")
      let attempts: [() throws -> Void] = [
        { _ = try StoredModel(home + "/out").evaluate(on: data(home), with: CPUBackend()) },
        { _ = try StoredModel(home + "/out").predict([picture], top: 1, with: CPUBackend()) },
        {
          _ = try RecipeRunner.explore(
            recipe, on: CPUBackend(), run: nil, stage: nil, parents: 4, shown: 1)
        }, { _ = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/kd").run() },
      ]
      let texts = try attempts.map { attempt in
        "\(try #require(throws: (any Error).self) { try attempt() })"
      }
      guard value.isFinite else {
        for text in texts {
          #expect(text.contains("'fc1.weight' has an element that is NaN or infinite"), "\(text)")
        }
        return
      }
      let model = "the outputs of model '\(home)/out/student' for "
      #expect(texts[0].hasPrefix(model + "example 0 of "), "\(texts[0])")
      #expect(texts[1].hasPrefix(model + "picture 0 of \(home)/a.png are not finite"))
      #expect(
        texts[2].hasPrefix("stage 'short': the teacher's outputs on the training set are not"))
      #expect(texts[3].hasPrefix("stage 'short': the teacher's outputs on the test set are not"))
      #expect(!FileBytes.isReadable(home + "/kd/recipe.yaml"))
    }
  }

  /// A few bytes that ask for gigabytes: shapes are compared before anything is allocated.
  @Test func hugeConfigurationsAreRefusedByShapes() throws {
    try withModel { home, _ in
      let path = home + "/out/student/config.json"
      let head = "{\"options\": {\"hidden1\": 65536}, \"model\": \"mlp\", \"classes\": 1000000}"
      try AtomicFile.write(Array(head.utf8), to: path)
      let meter = CountingBackend()
      #expect(throws: WeightError.self) {
        try StoredModel(home + "/out").evaluate(on: data(home), with: meter)
      }
      #expect(meter.byteCount == 0)
    }
  }

  /// A model that no machine holds, whose first weights would be drawn: refused before that.
  @Test func hugeModelsAreRefusedByShapes() throws {
    try withModel { home, _ in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: huge
          data: {name: fashion-mnist, directory: \(home)/pictures}
          student: {model: vit-tiny, patch: 7, width: 16384, heads: 1, layers: 256, mlp-ratio: 64}
          losses: [{kind: cross-entropy}]
          train: {steps: 1, batch: 20}
          """, path: "huge.yaml")
      let attempts: [() throws -> Void] = [
        { _ = try RecipeRunner.memory(of: recipe, on: CPUBackend()) },
        { try RecipeRunner.compile(recipe, on: CPUBackend()) },
        { _ = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/huge").run() },
      ]
      for attempt in attempts {
        let error = try #require(throws: (any Error).self) { try attempt() }
        #expect("\(error)".contains("needs at least"), "\(error)")
      }
    }
  }
}

/// The processor, which counts what it is asked for.
private final class CountingBackend: Backend {
  let name = "counting"
  let fusesPrologues = false
  private(set) var byteCount = 0
  private let base = CPUBackend()

  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    byteCount += count * dtype.byteCount
    return try base.makeBuffer(count: count, dtype: dtype)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    try base.compile(plan, variables: variables)
  }
}
