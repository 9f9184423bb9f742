import RetortCore
import RetortDistillation
import RetortFormats
import RetortNN
import Testing

/// BART against Hugging Face's, whose numbers `Tests/Goldens/sequences/denoising.py` recorded.
@Suite struct TextGeneratorTests {
  @Test(arguments: [RecordedText.Device.float64]) func logitsLossAndGradientsAreTheSame(
    _ device: RecordedText.Device
  ) throws {
    let recorded = try RecordedText()
    let (file, generator, store) = (recorded.file, recorded.generator, recorded.store)
    let session = try recorded.session(device)
    let graph = Graph()
    let damaged = try recorded.texts("damaged", in: graph)
    let (tokens, mask) = (
      try recorded.ids("tokens", in: graph), try recorded.ids("mask", in: graph)
    )
    let logits = generator.using(ForwardContext(graph, .training)) {
      generator.logits(of: tokens, from: generator.encode(damaged), mask: mask)
    }
    let shown = mask.slice(axis: 1, 1..<10).toFloat()
    let rows = logits.crossEntropyRows(tokens.slice(axis: 1, 1..<10)) * shown
    let loss = rows.sum() / shown.sum()
    let program = try session.compile(graph, outputs: [logits, loss, store.gradient(of: loss)])
    try program.run()
    func expectNear(_ found: [Float], _ name: String) throws {
      let expected = try file.floats(name)
      let largest = expected.map(abs).max() ?? 0
      let distance = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(
        found.count == expected.count && distance <= device.bound * max(1, largest), "\(name)")
    }
    try expectNear(program.floats(0), "logits")
    try expectNear(program.floats(1), "loss")
    for gradient in store.exported(parameters: try program.floats(2)) {
      try expectNear(gradient.values, "gradients.\(gradient.name)")
    }
  }

  @Test(arguments: [RecordedText.Device.float64, .openCL]) func theLikeliestTextsAreTheSame(
    _ device: RecordedText.Device
  ) throws {
    let recorded = try RecordedText()
    let session = try recorded.session(device)
    let graph = Graph()
    let texts = try recorded.texts("tokens", in: graph)
    let generator = recorded.generator
    let decoded = generator.using(ForwardContext(graph, .evaluation)) {
      generator.decode(generator.encode(texts), of: texts) { $0.argmax() }
    }
    let program = try session.compile(graph, outputs: decoded.fields.map { $0.value.toFloat() })
    try program.run()
    #expect(try program.floats(0).map { Int32($0) } == recorded.file.int32s("decoded"))
    #expect(try program.floats(1).map { Int32($0) } == recorded.file.int32s("shown"))
  }

  /// Drawn tokens, so that texts go on: the same without tables of keys and values, token by token.
  @Test(arguments: [RecordedText.Device.float64]) func decodingWithoutTablesIsTheSame(
    _ device: RecordedText.Device
  ) throws {
    let recorded = try RecordedText()
    let session = try recorded.session(device)
    let generator = recorded.generator
    func choice(_ graph: Graph, _ position: Int) -> (Tensor) -> Tensor {
      let state = graph.constant([7, 0, 1] as [Int32], [3])
      return { TextSearch.drawn($0, temperature: 2, state: state, stream: UInt32(position)) }
    }
    let graph = Graph()
    let texts = try recorded.texts("tokens", in: graph)
    var position = 0
    let decoded = generator.using(ForwardContext(graph, .evaluation)) {
      generator.decode(generator.encode(texts), of: texts) { logits in
        position += 1
        return choice(graph, position)(logits)
      }
    }
    let program = try session.compile(graph, outputs: decoded.fields.map { $0.value.toFloat() })
    try program.run()
    let (found, shown) = (try program.floats(0), try program.floats(1))

    var said = [Float](repeating: 0, count: 40)
    for row in 0..<4 { said[row * 10] = 2 }
    for position in 1..<9 {
      let graph = Graph()
      let texts = try recorded.texts("tokens", in: graph)
      let tokens = graph.constant(said.map { Int32($0) }, [4, 10])
      let mask = try recorded.ids("mask", in: graph)
      let chosen = generator.using(ForwardContext(graph, .evaluation)) {
        let logits = generator.logits(of: tokens, from: generator.encode(texts), mask: mask)
        return choice(graph, position)(
          logits.slice(axis: 1, position - 1..<position).reshape([4, RecordedText.vocabulary]))
      }
      let program = try session.compile(graph, outputs: [chosen.toFloat()])
      try program.run()
      let ids = try program.floats(0)
      for row in 0..<4 { said[row * 10 + position] = ids[row] }
    }
    for row in 0..<4 {
      let own = said[row * 10 + 1..<row * 10 + 9]
      let end = own.firstIndex(of: 3) ?? row * 10 + 9
      let length = end - row * 10 + 1
      said[end] = 3
      for place in end + 1..<max(end + 1, row * 10 + 10) { said[place] = 0 }
      let mask = (0..<10).map { $0 < length ? Float(1) : 0 }
      #expect(Array(shown[row * 10..<row * 10 + 10]) == mask)
    }
    #expect(found == said)
    #expect(Set(found).count > 8)
  }
}
