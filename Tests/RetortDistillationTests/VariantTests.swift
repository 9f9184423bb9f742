import RetortCPU
import RetortCore
import RetortData
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortDistillation

/// Variants of texts that are kept and learnt from again.
@Suite struct VariantTests {
  /// Four texts a step, of five, some of them twice; what is kept near each is a token of its own.
  @Test(arguments: ["cpu", "opencl"]) func theOldestAreReplaced(_ device: String) throws {
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    let variants = TextVariants(Variants(2, every: 2), of: 5, length: 3, classes: 2)
    let store = ParameterStore(variants, name: "variants")
    try store.write(store.initialWeights(seed: 1), to: session)
    let graph = Graph()
    let ids = graph.input("ids", [4], .int32)
    let state = graph.input("random state", [3], .int32)
    let texts = Example([
      ("tokens", graph.input("tokens", [4, 3], .int32)),
      ("mask", graph.constant([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0] as [Int32], [4, 3])),
    ])
    let inputs = StepInputs(
      graph: graph, example: texts, labels: ids, indices: ids, randomState: state)
    let context = inputs.context(.training)
    let logits = texts.x.toFloat().slice(axis: 1, 0..<2)
    let drawn = variants.drawn(near: texts, ids, logits * -1, in: inputs, context)
    let mask = try #require(drawn.texts["mask"])
    variants.remember(texts, near: ids, logits, in: inputs, context)
    let program = try session.compile(
      graph, outputs: [drawn.texts.x.toFloat(), mask.toFloat(), drawn.logits],
      effects: store.bufferUpdates(from: context))

    // What each text's two places should hold, with the step that made it.
    var births = [[Int]](repeating: [0, 0], count: 5)
    var kept = [[Float]](repeating: [0, 0], count: 5)
    let batches = [
      [0, 1, 2, 3], [4, 1, 1, 0], [2, 4, 3, 1], [0, 0, 0, 0], [1, 2, 3, 4], [4, 3, 0, 2],
    ]
    var seen: Set<Float> = []
    for (step, batch) in batches.enumerated() {
      let tokens = batch.indices.map { Float(100 + 10 * step + $0) }
      try program.setInput(0, batch.map { Int32($0) })
      try program.setInput(1, [3, 0, Int32(step)])
      try program.setInput(2, tokens.flatMap { [Int32($0), 7, 0] })
      try program.run()
      let (found, said) = (try program.floats(0), try program.floats(2))
      #expect(try program.floats(1) == [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0])
      for (place, text) in batch.enumerated() {
        let known = zip(births[text], kept[text]).filter { $0.0 > 0 }.map(\.1)
        let row = Array(found[3 * place..<3 * place + 3])
        #expect((known.isEmpty ? [tokens[place]] : known).contains(row[0]) && row[1...] == [7, 0])
        let sign: Float = known.isEmpty ? -1 : 1
        #expect(said[2 * place..<2 * place + 2] == [sign * row[0], sign * 7])
        if !known.isEmpty { seen.insert(row[0]) }
      }
      for (place, text) in batch.enumerated() where !batch[..<place].contains(text) {
        let oldest = births[text][1] < births[text][0] ? 1 : 0
        (births[text][oldest], kept[text][oldest]) = (step + 1, tokens[place])
      }
    }
    #expect(births.allSatisfy { !$0.contains(0) } && seen.count > 6)
    let names = store.exported(try store.weights(in: session))
    #expect(names.first { $0.name == "births" }?.values == births.joined().map(Float.init))
  }

  private static let exploration = {
    var exploration = Exploration(.zero)
    (exploration.noise, exploration.masked) = (0.5, 0.3)
    exploration.variants = Variants(3, every: 4)
    return exploration
  }()

  @Test func theTeacherIsAskedOfWhatIsDecoded() {
    #expect(
      [0, 1, 4, 5, 8, 9].map { Self.exploration.searches(of: $0, in: 100) } == [0, 1, 1, 2, 2, 3])
    #expect((0..<6).map { Self.exploration.form(of: $0, in: 100) } == [0, 1, 1, 1, 0, 1])
    #expect(Self.exploration.forms == 2 && Exploration(.zero).forms == 1)
    #expect(Self.exploration.followsStudent)
  }

  /// The weights and variants of a student after some steps, which go on from those before.
  private func trained(_ steps: Range<Int>, from start: FlatWeights?) throws -> FlatWeights {
    let recorded = try RecordedText()
    let session = try recorded.session(.float32)
    let teacher = try RecordedText.encoder("teacher", isFrozen: true)
    try teacher.write(teacher.initialWeights(seed: 1), to: session)
    let own = try RecordedText.encoder("student", isFrozen: false).model
    let memory = try #require(SearchMemory(Self.exploration, texts: 4, length: 10, classes: 3))
    let student = ParameterStore(AdaptedModel(own, adapters: [], search: memory), name: "student")
    try student.write(start ?? student.initialWeights(seed: 2), to: session)
    var explorer = Explorer(
      Self.exploration, labeler: teacher, student: student.model, generator: nil, statistics: nil)
    explorer.texts = TextSearch(Self.exploration, generator: recorded.generator)
    let scheme = OfflineDistillation(
      students: [student], teacher: teacher, losses: [NamedLoss(SoftTargetLoss())],
      explorer: explorer)
    let optimizer = OptimizerState(SGD(learningRate: 0.1), for: student)
    let fields = ExampleSpec.tokens(length: 10, vocabulary: RecordedText.vocabulary).fields
    let program = try StepProgram(
      session, [Learner(student, optimizer, learningRate: 0.1)], batch: 4, fields: fields,
      pipeline: PlainPipeline(fields), seed: 5, scheme: scheme)
    for step in steps {
      try program.run(
        fields: [
          .int32(try recorded.file.int32s("tokens")), .int32(try recorded.file.int32s("mask")),
        ], labels: [0, 1, 2, 0], indices: [0, 1, 2, 3], step: step)
      #expect(try program.losses().allSatisfy(\.isFinite))
    }
    return try student.weights(in: session)
  }

  /// One of four steps decodes; training goes on bit for bit from what the student's store holds.
  @Test func variantsGoOnWithTheStudent() throws {
    let half = try trained(0..<3, from: nil)
    let (whole, continued) = (try trained(0..<6, from: nil), try trained(3..<6, from: half))
    #expect(whole == continued && whole.buffers != half.buffers)
  }
}
