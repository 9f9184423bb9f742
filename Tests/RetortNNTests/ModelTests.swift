import RetortCPU
import RetortCore
import RetortModels
import RetortNN
import Testing

private let fashion = ImageSize(height: 28, width: 28, channels: 1)
private let color = ImageSize(height: 32, width: 32, channels: 3)

@Suite struct ModelTests {
  /// Parameters and multiply-accumulates counted by hand from the papers' layer tables; those of
  /// models that PyTorch has, by its layers' shapes, with the products of attention added.
  @Test(arguments: [
    ("mlp", fashion, 535_818, 535_040), ("lenet5", fashion, 61_706, 416_520),
    ("lenet5-small", fashion, 54_314, 834_816), ("resnet8", fashion, 77_754, 9_345_920),
    ("resnet20", color, 272_474, 40_813_184), ("wrn16-2", color, 691_674, 101_106_944),
    ("wrn40-1", color, 563_930, 83_280_512), ("vgg8", color, 3_918_858, 96_146_432),
    ("vgg19", color, 20_040_522, 511_382_528), ("mobilenetv2", color, 697_546, 6_408_448),
    ("vit-tiny", color, 5_362_762, 345_638_784 + 12 * 2 * 65 * 65 * 192),
  ])
  func costs(_ name: String, _ image: ImageSize, _ parameters: Int, _ macs: Int) throws {
    let cost = try cost(name, image)
    #expect(cost == ModelCost(parameters: parameters, multiplyAccumulates: macs))
  }

  /// What others count of their models for a thousand classes: torchvision in the documentation of its weights,
  /// and timm; of EfficientNet-Lite0 TensorFlow says 4.7 million.
  @Test(
    arguments: [
      ("mobilenetv2", ["width": 1, "torchvision": 1], 32, 3_504_872),
      ("mobilenetv3-small", [:], 32, 2_542_856), ("mobilenetv3-large", [:], 32, 5_483_032),
      ("resnet18", [:], 32, 11_689_512), ("resnet34", [:], 32, 21_797_672),
      ("resnet50", [:], 32, 25_557_032), ("efficientnet-b0", [:], 32, 5_288_548),
      ("efficientnet-b0", ["depth": 1.1], 32, 7_794_184),
      ("efficientnet-b0", ["width": 1.1, "depth": 1.2], 32, 9_109_994),
      ("efficientnet-b0", ["width": 1.2, "depth": 1.4], 32, 12_233_232),
      ("efficientnet-b0", ["width": 1.4, "depth": 1.8], 32, 19_341_616),
      ("efficientnet-lite0", [:], 32, 4_652_008), ("convnext-tiny", [:], 32, 28_589_128),
      ("vit-small", [:], 224, 22_050_664), ("deit-tiny", [:], 224, 5_717_416),
      ("dinov2-small", [:], 518, 22_056_192 + 385_000),
    ] as [(String, [String: Double], Int, Int)])
  func publishedSizes(
    _ name: String, _ options: [String: Double], _ extent: Int, _ count: Int
  ) throws {
    let image = ImageSize(height: extent, width: extent, channels: 3)
    let model = try ModelCatalog.make(name, options: options, for: .image(image), classes: 1000)
    #expect(ParameterStore(model, name: name).parameterCount == count)
  }

  /// A frozen network's batch norms scale the weights once, before the first run: a convolution then loads its
  /// input, its weights, one shift, and the other branch with its shift.
  @Test func frozenBatchNormsFoldIntoConvolutions() throws {
    let model = try ModelCatalog.make("resnet8", for: .image(fashion), classes: 10)
    let store = ParameterStore(model, name: "teacher", isFrozen: true)
    let graph = Graph()
    let x = graph.input("x", [2, 28, 28, 1])
    let plan = try Plan(graph, outputs: [store.model(x, in: ForwardContext(graph, .evaluation))])
    let loaded = plan.steps.compactMap { step in
      if case .convolution = step.kind { step.inputs.count } else { nil }
    }
    #expect(loaded.count == 9)
    #expect(loaded.allSatisfy { $0 <= 5 }, "\(loaded)")
  }

  private func cost(_ name: String, _ image: ImageSize) throws -> ModelCost {
    let model = try ModelCatalog.make(name, for: .image(image), classes: 10)
    return try ParameterStore(model, name: name).cost { context in
      _ = model(context.graph.input("x", [1, image.height, image.width, image.channels]))
    }
  }

  @Test(arguments: ModelCatalog.all.filter { $0.role == .classifier }.map(\.name))
  func classifiersGiveLogits(_ name: String) throws {
    let hasPatches = try ModelCatalog.entry(name).options.contains { $0.name == "patch" }
    let options: [String: Double] = hasPatches ? ["patch": 1] : [:]  // 17 is a prime
    let odd = ImageSize(height: 33, width: 17, channels: 2)
    for image in name == "convnext-tiny" ? [color] : [fashion, odd] {
      let model = try ModelCatalog.make(name, options: options, for: .image(image), classes: 7)
      let store = ParameterStore(model, name: name)
      let graph = Graph()
      let x = graph.input("x", [3, image.height, image.width, image.channels])
      let state = graph.constant([1, 0, 0] as [Int32], [3])
      let logits = model(x, in: ForwardContext(graph, .training, randomState: state))
      #expect(graph.error == nil)
      #expect(logits.shape == [3, 7])
      let paths = Set(store.all.map(\.path))
      #expect(paths.count == store.all.count)
    }
  }

  @Test(arguments: ModelCatalog.all.map(\.name))
  func imagesOfAnotherShapeAreAFaultAndNoTrap(_ name: String) throws {
    let large = ImageSize(height: 224, width: 224, channels: 1)
    let isForLarge = ["convnext-tiny", "deit-tiny", "vit-small"].contains(name)
    let reads: ExampleSpec =
      [.encoder, .embedder, .denoiser].contains(try ModelCatalog.entry(name).role)
      ? .tokens(length: 8, vocabulary: 30) : .image(isForLarge ? large : fashion)
    let model = try ModelCatalog.make(name, for: reads, classes: 10)
    let store = ParameterStore(model, name: "student")
    for shape: Shape in [[2, 5, 28, 3], [2, 3], [7], []] {
      let graph = Graph()
      let x = graph.input("x", shape)
      let context = ForwardContext(graph, .training)
      let loss = model(x, in: context).sum()
      _ = store.gradient(of: loss)
      #expect(graph.error != nil, "\(shape)")
      #expect(throws: GraphError.self) { try Plan(graph, outputs: [loss]) }
    }
  }

  @Test func paddedShortcutsNeedNoWeights() throws {
    let model = try ModelCatalog.make(
      "resnet8", options: ["projection": 0, "width": 5], for: .image(fashion), classes: 10)
    let store = ParameterStore(model, name: "m")
    #expect(!store.all.contains { $0.path.contains("downsample") })
    let graph = Graph()
    let logits = model(graph.input("x", [2, 28, 28, 1]), in: ForwardContext(graph, .evaluation))
    #expect(graph.error == nil)
    #expect(logits.shape == [2, 10])
  }

  @Test func theAutoencoderReturnsToItsImage() throws {
    let image = ImageSize(height: 8, width: 12, channels: 3)
    let model = try ModelCatalog.make(
      "conv-vae", options: ["latent": 5], for: .image(image), classes: 0)
    let vae = try #require(model as? any Generator)
    let store = ParameterStore(model, name: "generator")
    let graph = Graph()
    let x = graph.input("x", [2, 8, 12, 3])
    let context = ForwardContext(graph, .training)
    let (code, y) = model.using(context) {
      let code = vae.encode(x)
      return (code, vae.decode(code.mean))
    }
    #expect(graph.error == nil)
    #expect(code.mean.shape == [2, 5] && code.logVariance.shape == [2, 5])
    #expect(y.shape == x.shape)
    #expect(store.all.map(\.path).prefix(2) == ["encoder.0.weight", "encoder.0.bias"])
    #expect(store.all.contains { $0.path == "log_variance.weight" })
  }

  @Test func theEncoderCarriesHuggingFaceNamesAndIgnoresPadding() throws {
    let sizes = BERT.Sizes(
      vocabulary: 20, width: 8, layers: 2, heads: 2, feedForward: 12, maximumLength: 6)
    let model = BERT(sizes, classes: 3)
    let store = ParameterStore(model, name: "m")
    let paths = store.all.map(\.path)
    for name in [
      "bert.embeddings.word_embeddings.weight", "bert.embeddings.LayerNorm.bias",
      "bert.encoder.layer.1.attention.self.query.weight",
      "bert.encoder.layer.0.attention.output.LayerNorm.weight",
      "bert.encoder.layer.1.intermediate.dense.bias", "bert.pooler.dense.weight",
      "classifier.bias",
    ] {
      #expect(paths.contains(name), "\(name)")
    }
    #expect(paths.count == 5 + 2 * 16 + 4)
    let session = oracle()
    try store.write(store.initialWeights(seed: 2), to: session)
    let graph = Graph()
    let context = ForwardContext(graph, .evaluation)
    func logits(_ ids: [Int32], _ mask: [Int32]) -> Tensor {
      let shape = Shape([1, ids.count])
      return model.using(context) {
        model(graph.constant(ids, shape), mask: graph.constant(mask, shape))
      }
    }
    let short = logits([3, 4, 5], [1, 1, 1])
    let padded = logits([3, 4, 5, 9, 0], [1, 1, 1, 0, 0])
    let seen = logits([3, 4, 5, 9, 0], [1, 1, 1, 1, 0])
    let found = try values([short, padded, seen], session)
    #expect(isClose(found[0], found[1]))
    #expect(!isClose(found[0], found[2]))
  }

  /// Any classifier's logits may be cosines, of a last layer without a bias.
  @Test func everyClassifierMayGiveCosines() throws {
    for entry in ModelCatalog.all where entry.role.outputs == .logits {
      let examples: ExampleSpec =
        entry.role == .encoder
        ? .tokens(length: 8, vocabulary: 9)
        : .image(ImageSize(height: 224, width: 224, channels: 3))
      func names(_ options: [String: Double]) throws -> [String] {
        let model = try entry.make(options, for: examples, classes: 7)
        #expect(model.classifier(of: 7) != nil && model.classifier(of: 8) == nil)
        return ParameterStore(model, name: "m").all.map(\.path)
      }
      let (plain, cosine) = (try names([:]), try names(["cosine": 30]))
      let missing = Set(plain).subtracting(cosine)
      #expect(missing.count == 1 && missing.first?.hasSuffix("bias") == true, "\(entry.name)")
    }
  }

  /// A convolutional network whose last layer reads means may take over another's; others are refused.
  @Test func classifiersOfMeansMayBeAnothers() throws {
    var refused: [String] = []
    for entry in ModelCatalog.all where entry.role == .classifier {
      let image = ExampleSpec.image(ImageSize(height: 224, width: 224, channels: 3))
      func model(_ options: [String: Double]) throws -> Module {
        try entry.make(options, for: image, classes: 7)
      }
      let own = ParameterStore(try model([:]), name: "m")
      do {
        let store = ParameterStore(try model(["projector": 5]), name: "m")
        let layer = try #require(store.model.classifier(of: 7))
        #expect(layer.weight.shape == [7, 5] && layer.weight.role == .fixed)
        #expect(layer.bias?.role == .fixed && !store.trainable.contains { $0 === layer.weight })
        let added = Set(store.all.map(\.path)).subtracting(own.all.map(\.path))
        #expect(
          added.count == 15 && added.allSatisfy { $0.contains(".projector.") }, "\(entry.name)")
        try #require(throws: ModelError.self) { try model(["projector": 5, "cosine": 1]) }
      } catch ModelError.unfit(let model, let reason) {
        #expect(reason.contains("'projector'"))
        refused.append(model)
      }
    }
    #expect(
      refused == [
        "mlp", "lenet5", "lenet5-small", "mobilenetv3-small", "mobilenetv3-large", "vit-tiny",
        "vit-small", "deit-tiny", "dinov2-small",
      ])
  }

  @Test(
    arguments: [
      ("resnet21", [:], "there is no model 'resnet21'. Did you mean 'resnet20' or 'resnet110'?"),
      ("lenet", [:], "there is no model 'lenet'. Did you mean 'lenet5'?"),
      (
        "resnet20", ["widht": 8],
        "model 'resnet20' has no option 'widht'. Did you mean 'width'?"
      ),
      (
        "lenet5", ["width": 8],
        "model 'lenet5' has no option 'width'. Did you mean 'cosine'?"
      ),
      (
        "conv-vae", ["latent": 2.5],
        "option 'latent' of model 'conv-vae' is 2.5; it must be a whole number from 1 to 4096"
      ),
      (
        "bert", ["dropout": 2],
        "option 'dropout' of model 'bert' is 2.0; it must be from 0.0 to 0.9"
      ),
      ("bert", ["heads": 3], "model 'bert': 3 heads do not divide a width of 128"),
      (
        "wrn40-2", ["dropout": 1],
        "option 'dropout' of model 'wrn40-2' is 1.0; it must be from 0.0 to 0.9"
      ),
      (
        "mobilenetv2", ["torchvision": 2],
        "option 'torchvision' of model 'mobilenetv2' is 2.0; it must be a whole number from 0 to 1"
      ),
      ("bert", ["length": 7], "model 'bert': its 'length' is 7, less than the data's, which is 8"),
      ("vit-tiny", ["heads": 5], "model 'vit-tiny': 5 heads do not divide a width of 192"),
      (
        "vit-tiny", ["patch": 8],
        "model 'vit-tiny': patches of 8×8 do not tile images of 28×28; set 'patch' to a divisor of "
          + "both"
      ),
    ] as [(String, [String: Double], String)])
  func faultsSayTheWayOut(_ name: String, _ options: [String: Double], _ text: String) {
    let error = #expect(throws: ModelError.self) {
      try ModelCatalog.make(
        name, options: options,
        for: name == "bert" ? .tokens(length: 8, vocabulary: 9) : .image(fashion), classes: 10)
    }
    #expect(error.map { "\($0)" } == text)
  }

  @Test(arguments: [("lenet5", 12), ("lenet5-small", 4), ("vgg8", 8), ("convnext-tiny", 32)])
  func imagesThatAreTooSmallAreRefused(_ name: String, _ least: Int) throws {
    func model(_ extent: Int) throws -> Module {
      try ModelCatalog.make(
        name, for: .image(ImageSize(height: extent, width: 40, channels: 1)), classes: 10)
    }
    let store = ParameterStore(try model(least), name: name)
    let graph = Graph()
    _ = store.model(graph.input("x", [1, least, 40, 1]), in: ForwardContext(graph, .evaluation))
    #expect(graph.error == nil)
    let error = #expect(throws: ModelError.self) { try model(least - 1) }
    #expect(
      error.map { "\($0)" }
        == "model '\(name)': images of \(least - 1)×40 are too small for it; it needs "
        + "\(least)×\(least) or more")
  }

  @Test func imagesThatDoNotFitAreRefused() {
    let odd = ImageSize(height: 30, width: 28, channels: 1)
    #expect(throws: ModelError.self) {
      try ModelCatalog.make("conv-vae", for: .image(odd), classes: 0)
    }
  }
}
