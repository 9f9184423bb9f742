import RetortCPU
import RetortCore
import RetortModels
import RetortNN
import Testing

/// Initialisers, their standard deviations and bounds that no element leaves.
private let spreads: [(Initialiser, Double, Double)] = [
  (.uniform(bound: 0.5), 0.5 / root3, 0.5), (.normal(deviation: 2), 2, 14),
  (.truncatedNormal(deviation: 2), 1.7592, 4), (.framework(fanIn: 25), 0.2 / root3, 0.2),
  (.kaimingNormal(fan: 8), 0.5, 3.5), (.kaimingUniform(fan: 6), 1 / root3, 1),
  (.xavierUniform(fanIn: 2, fanOut: 4), 1 / root3, 1),
  (.xavierNormal(fanIn: 2, fanOut: 6), 0.5, 3.5),
]
private let root3 = 1.7320508075688772

@Suite struct WeightTests {
  @Test func weightsSurviveExportAndImport() throws {
    let image = ImageSize(height: 12, width: 8, channels: 3)
    let vae = try #require(ConvVAE(image: image, latent: 5, width: 3, hidden: 7))
    let store = ParameterStore(vae, name: "generator")
    let weights = store.initialWeights(seed: 7)
    #expect(try store.imported(store.exported(weights)) == weights)
  }

  @Test func normsMayHaveTheirOlderNames() throws {
    let store = ParameterStore(LayerNorm(3), name: "m")
    let gamma = NamedWeights(name: "gamma", shape: [3], values: [1, 2, 3])
    let beta = NamedWeights(name: "beta", shape: [3], values: [4, 5, 6])
    let wrapped = ParameterStore(Sequential([LayerNorm(3)]), name: "m")
    func under(_ prefix: String) -> [NamedWeights] {
      [gamma, beta].map {
        NamedWeights(name: prefix + $0.name, shape: $0.shape, values: $0.values)
      }
    }
    let found = wrapped.exported(try wrapped.imported(under("0.")))
    #expect(found.map(\.name) == ["0.weight", "0.bias"])
    #expect(found.map(\.values) == [[1, 2, 3], [4, 5, 6]])
    #expect(throws: WeightError.self) { try store.imported([gamma]) }
  }

  @Test func convolutionWeightsAreChannelsFirstInFiles() throws {
    let store = ParameterStore(Conv2d(2, 1, kernel: 2, bias: false), name: "m")
    var weights = store.initialWeights(seed: 1)
    weights.parameters.replaceSubrange(0..<8, with: [0, 1, 2, 3, 4, 5, 6, 7])  // [1, 2, 2, 2]
    let file = store.exported(weights)[0]
    #expect(file.shape == [1, 2, 2, 2])
    #expect(file.values == [0, 2, 4, 6, 1, 3, 5, 7])
  }

  @Test func transposedConvolutionsKeepTheirInputsFirst() {
    let store = ParameterStore(ConvTranspose2d(4, 3, kernel: 2), name: "m")
    #expect(store.trainable[0].shape == [4, 2, 2, 3])
    let file = store.exported(store.initialWeights(seed: 1))[0]
    #expect(file.shape == [4, 3, 2, 2])
  }

  @Test func linearLayersReadFlattenedImagesChannelsFirst() {
    let image = ImageSize(height: 1, width: 2, channels: 3)
    let store = ParameterStore(Linear(6, 1, bias: false, flattening: image), name: "m")
    var weights = store.initialWeights(seed: 1)
    weights.parameters.replaceSubrange(0..<6, with: [0, 1, 2, 3, 4, 5])
    #expect(store.exported(weights)[0].values == [0, 3, 1, 4, 2, 5])
  }

  @Test func linearLayersWriteImagesChannelsFirst() {
    let image = ImageSize(height: 2, width: 1, channels: 2)
    let store = ParameterStore(Linear(1, 4, unflattening: image), name: "m")
    var weights = store.initialWeights(seed: 1)
    weights.parameters.replaceSubrange(0..<4, with: [0, 1, 2, 3])
    let bias = store.trainable[1].offset
    weights.parameters.replaceSubrange(bias..<bias + 4, with: [4, 5, 6, 7])
    #expect(store.exported(weights).map(\.values) == [[0, 2, 1, 3], [4, 6, 5, 7]])
  }

  @Test func everyFaultOfAFileIsNamed() throws {
    let store = ParameterStore(Linear(2, 3), name: "teacher")
    let error = #expect(throws: WeightError.self) {
      try store.imported([
        NamedWeights(name: "weight", shape: [2, 3], values: Array(repeating: 0, count: 6)),
        NamedWeights(name: "scale", shape: [1], values: [1]),
        NamedWeights(name: "bn.num_batches_tracked", shape: [], values: [1]),
      ])
    }
    #expect(
      error.map { "\($0)" }
        == "the weights do not fit model 'teacher': 'weight' has shape [2, 3], the model needs "
        + "[3, 2]; 'bias' is missing; the model has no 'scale'")
  }

  @Test(arguments: ["module.", "_orig_mod.", "model.", "module._orig_mod.", "net.student."])
  func commonPrefixesAreLeftOut(_ prefix: String) throws {
    let image = ImageSize(height: 12, width: 8, channels: 3)
    let vae = try #require(ConvVAE(image: image, latent: 5, width: 3, hidden: 7))
    let store = ParameterStore(vae, name: "generator")
    let weights = store.initialWeights(seed: 7)
    #expect(store.commonPrefix(of: store.all.map(\.path)).isEmpty)
    var named = store.exported(weights)
    for index in named.indices { named[index].name = prefix + named[index].name }
    named.append(.init(name: prefix + "norm.num_batches_tracked", shape: [], values: [3]))
    #expect(store.commonPrefix(of: named.map(\.name)) == prefix)
    #expect(try store.imported(named) == weights)
    // What not all have is nobody's wrapper.
    named.append(.init(name: "scale", shape: [1], values: [1]))
    #expect(store.commonPrefix(of: named.map(\.name)).isEmpty)
    #expect(throws: WeightError.self) { try store.imported(named) }
  }

  /// The first name of the model ends other names too.
  @Test func thePrefixIsTheWholeFilesOwn() throws {
    let image = ImageSize(height: 28, width: 28, channels: 1)
    let model = try ModelCatalog.make(
      "resnet8", options: ["width": 2], for: .image(image), classes: 3)
    let store = ParameterStore(model, name: "m")
    let names = store.all.map { "module." + $0.path }
    #expect(
      store.all.first?.path == "conv1.weight" && names.contains { $0.hasSuffix("0.conv1.weight") })
    #expect(store.commonPrefix(of: names) == "module.")
    #expect(store.commonPrefix(of: names.reversed()) == "module.")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func numbersThatAreNoneAreRefused(_ bad: Float) throws {
    let store = ParameterStore(BatchNorm(3), name: "m")
    for name in store.all.map(\.path) {
      var named = store.exported(store.initialWeights(seed: 1))
      let index = try #require(named.firstIndex { $0.name == name })
      named[index].values[2] = bad
      let error = #expect(throws: WeightError.self) { try store.imported(named) }
      #expect(error?.faults == [.notFinite(name)])
    }
  }

  /// Shapes are compared before there is any room for what they ask for: here a few exabytes.
  @Test func hugeModelsAreRefusedByTheirShapes() throws {
    let store = ParameterStore(Linear(1 << 40, 1 << 30), name: "m")
    #expect(throws: WeightError.self) { try store.imported([]) }
    let error = #expect(throws: BackendError.self) {
      try store.reserve(in: Session(CPUBackend(threads: 1)))
    }
    guard case .memory = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func firstValuesDependOnSeedAndPathAlone() {
    let small = ParameterStore(MLP(inputs: 4, hidden: [8], classes: 3), name: "a")
    let large = ParameterStore(MLP(inputs: 4, hidden: [8, 8], classes: 3), name: "b")
    let (a, b) = (small.initialWeights(seed: 5), large.initialWeights(seed: 5))
    #expect(small.exported(a)[0] == large.exported(b)[0])
    #expect(small.initialWeights(seed: 6) != a)
  }

  @Test(arguments: spreads)
  func initialisersHaveTheirSpread(_ kind: Initialiser, _ deviation: Double, _ bound: Double) {
    let model = Embedding(200, 100, initialiser: kind)
    let weights = ParameterStore(model, name: "m").initialWeights(seed: 3).parameters
    let values = weights.prefix(20_000).map(Double.init)
    let mean = values.reduce(0, +) / 20_000
    let spread = (values.reduce(0) { $0 + $1 * $1 } / 20_000 - mean * mean).squareRoot()
    #expect(abs(mean) < 0.03 * deviation)
    #expect(abs(spread / deviation - 1) < 0.02)
    #expect(values.allSatisfy { abs($0) <= bound })
  }
}
