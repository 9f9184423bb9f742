import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import RetortTraining
import RetortVerification
import Testing

@testable import RetortDistillation

@Suite("Proposals of a search")
struct ProposalTests {
  /// The shares in which each of three values is drawn for 4,000 places.
  private func shares(greed: Double) throws -> [Double] {
    let (count, session) = (4000, Session(CPUBackend()))
    let graph = Graph()
    let uniform = graph.random(
      .uniform, [3 * count], state: graph.constant([7, 0, 1] as [Int32], [3]), stream: 3)
    let values = graph.constant(
      [Float(1), 2, 5].flatMap { [Float](repeating: $0, count: count) }, [3 * count])
    let program = try session.compile(
      graph, outputs: [values.drawn(of: 3, greed: greed, uniform).toFloat()])
    try program.run()
    let rows = try program.floats(0).map { Int($0) }
    #expect(zip(rows, 0...).allSatisfy { $0 % count == $1 })
    return (0..<3).map { value in
      Double(rows.count { $0 / count == value }) / Double(count)
    }
  }

  @Test("are drawn in proportion to their value to the power of greed")
  func proportion() throws {
    for (greed, expected) in [
      (0.0, [1.0 / 3, 1.0 / 3, 1.0 / 3]), (1, [0.125, 0.25, 0.625]),
      (2, [1.0 / 30, 4.0 / 30, 25.0 / 30]), (200, [0, 0, 1]),
    ] {
      for (found, share) in zip(try shares(greed: greed), expected) {
        // Four standard deviations of a share of 4,000 draws are at most 0.032.
        #expect(abs(found - share) < 0.032)
      }
    }
  }

  /// Figures of what is found: the means of disagreement, of the student's entropy, and of its margin.
  private func figures(_ proposals: Proposals?) throws -> [Float] {
    let cast = try Cast()
    var exploration = Exploration(.zero)
    (exploration.noise, exploration.ratio, exploration.proposals) = (3, 32, proposals)
    let inputs = Cast.inputs()
    let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
    #expect(path.explored.shape == [256, 4, 4, 1])
    let context = inputs.context(.evaluation)
    let logits = cast.student.model(path.explored, in: context)
    let shares = logits.softmax()
    let first = shares.maximum(axes: [1], keepingAxes: true)
    let others = shares.greaterOrEqual(first).select(inputs.graph.fill(0), shares)
    return try cast.run(
      inputs.graph,
      [
        logits.divergenceRows(.forwardKL, teacher: cast.teacher.model(path.explored, in: context)),
        -(shares * logits.logSoftmax()).sum(axes: [1]),
        1 - first.reshape([256]) + others.maximum(axes: [1]),
      ].map { $0.mean() }
    ).map { $0[0] }
  }

  @Test(
    "have more of what they are valued by",
    arguments: [(Proposals.Value.disagreement, 0), (.entropy, 1), (.margin, 2)])
  func value(_ value: Proposals.Value, _ figure: Int) throws {
    let plain = try figures(nil)[figure]
    let chosen = try figures(Proposals(4, by: value, greed: 2))[figure]
    let greedy = try figures(Proposals(4, by: value, greed: 1000))[figure]
    #expect(plain < chosen && chosen < greedy)
  }

  @Test("cost the teacher what they are valued by")
  func evaluations() {
    var exploration = Exploration(.first)
    exploration.proposals = Proposals(3, by: .disagreement)
    #expect(exploration.teacherEvaluations(batch: 10) == 10 * (3 + 2 + 1))
    exploration.proposals = Proposals(3, by: .entropy)
    #expect(exploration.teacherEvaluations(batch: 10) == 10 * (2 + 1))
  }

  @Test("between examples lie on the line of two codes")
  func between() throws {
    let cast = try Cast()
    var exploration = Exploration(.zero)
    (exploration.noise, exploration.between) = (0, true)
    let inputs = Cast.inputs()
    let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
    let (found, codes) = (try cast.run(inputs.graph, path.codes)[0], try cast.codes())
    for row in 0..<Cast.batch {
      let next = (row + 1) % Cast.batch
      let shares = (0..<2).map { coordinate in
        let (a, b) = (codes[2 * row + coordinate], codes[2 * next + coordinate])
        return (found[2 * row + coordinate] - a) / (b - a)
      }
      #expect(abs(shares[0] - shares[1]) < 1e-3)
      #expect((-1e-3...1.001).contains(shares[0]))
    }
  }
}

/// How starts are chosen, and what the surrogate learns, beside PyTorch.
@Suite struct RecordedSearchTests {
  private func record() throws -> Safetensors {
    try Safetensors.read("\(Goldens.folder)/search/search.safetensors")
  }

  private func close(_ found: [Float], _ expected: [Float]) -> Bool {
    distance(found.map(Double.init), expected.map(Double.init)) < 1e-5
  }

  @Test(arguments: ["cpu", "opencl"]) func choice(_ device: String) throws {
    let record = try record()
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    let graph = Graph()
    let (values, uniform) = (try record.numbers("values"), try record.numbers("uniform"))
    let chosen = graph.constant(values, [values.count]).drawn(
      of: 5, greed: 1.7, graph.constant(uniform, [uniform.count]))
    let program = try session.compile(graph, outputs: [chosen.toFloat()])
    try program.run()
    #expect(try program.floats(0) == record.numbers("ids"))
  }

  @Test(arguments: ["cpu", "opencl"]) func importance(_ device: String) throws {
    let record = try record()
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    let graph = Graph()
    let values = try record.numbers("values")
    let ids = try record.numbers("ids").map { Int32($0) }
    let weights = graph.constant(ids, [ids.count]).weights(
      of: graph.constant(values, [values.count]), candidates: 5, greed: 1.7,
      exponent: try #require(Double(record.metadata["exponent"] ?? "")))
    let program = try session.compile(graph, outputs: [weights])
    try program.run()
    #expect(try close(program.floats(0), record.numbers("weights")))
  }

  @Test(arguments: ["cpu", "opencl"]) func surrogate(_ device: String) throws {
    let record = try record()
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    let store = ParameterStore(Surrogate(size: 6), name: "surrogate")
    let weights = record.names.filter { $0.hasPrefix("layers.") }
    try store.write(
      store.imported(
        weights.map {
          NamedWeights(
            name: $0, shape: try record.tensor($0).shape, values: try record.numbers($0))
        }), to: session)
    let surrogate = try #require(store.model as? Surrogate)
    let statistics = LatentStatistics(codes: try record.numbers("table"), size: 6)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let codes = graph.constant(try record.numbers("codes"), [19, 6])
    let found = graph.constant(try record.numbers("disagreement"), [19])
    let error = surrogate.error(at: codes, found, statistics, in: context)
    let program = try session.compile(
      graph,
      outputs: [surrogate(codes, statistics, in: context), error, store.gradient(of: error)])
    try program.run()
    #expect(try close(program.floats(0), record.numbers("expected")))
    #expect(try close(program.floats(1), record.numbers("error")))
    for entry in store.exported(parameters: try program.floats(2)) {
      #expect(close(entry.values, try record.numbers("grad.\(entry.name)")), "\(entry.name)")
    }
  }
}

@Suite("Memory of a search")
struct SearchMemoryTests {
  /// A cast whose student holds what `exploration` keeps, with its program.
  private func trained(
    _ exploration: Exploration, steps: Int, rate: Double = 0.01
  ) throws -> (cast: Cast, student: ParameterStore, explorer: Explorer, losses: [[String: Double]])
  {
    let cast = try Cast()
    let memory = try #require(SearchMemory(exploration, size: 2, classes: 3, examples: Cast.batch))
    let student = ParameterStore(
      AdaptedModel(Classifier(width: 5), adapters: [], search: memory), name: "student")
    try student.write(student.initialWeights(seed: 5), to: cast.session)
    var explorer = try cast.explorer(exploration)
    explorer = explorer.following(student.model)
    let optimizer = OptimizerState(Adam(learningRate: rate), for: student)
    let learner = Learner(student, optimizer, learningRate: rate)
    let program = try cast.program(
      learner,
      OfflineDistillation(
        students: [student], teacher: cast.teacher, losses: [NamedLoss(SoftTargetLoss())],
        explorer: explorer))
    var losses: [[String: Double]] = []
    for step in 0..<steps {
      try program.run(
        fields: [.float32(cast.images)], labels: cast.labels,
        indices: (0..<Cast.batch).map { Int32($0) }, step: step)
      let found = try program.losses()
      losses.append(Dictionary(uniqueKeysWithValues: zip(program.names, found)))
    }
    return (cast, student, explorer, losses)
  }

  /// A wide net of starts, so that steps find what earlier ones did not.
  private func exploration(_ change: (inout Exploration) -> Void) -> Exploration {
    var exploration = Exploration(.zero)
    exploration.ratio = 4
    change(&exploration)
    return exploration
  }

  @Test("a surrogate learns where teacher and student disagree")
  func surrogate() throws {
    let exploration = exploration { $0.proposals = Proposals(2, by: .surrogate) }
    let (cast, student, explorer, losses) = try trained(exploration, steps: 300)
    let errors = losses.compactMap { $0["surrogate"] }
    #expect(errors.count == 300)
    let (first, last) = (errors.prefix(20).reduce(0, +), errors.suffix(20).reduce(0, +))
    #expect(last < 0.75 * first)
    // What it expects goes with what is found at starts that it has not seen.
    let inputs = Cast.inputs()
    var plain = explorer.exploration
    plain.proposals = nil
    let path = try cast.explorer(plain).explore(inputs.example.x, codes: nil, in: inputs)
    let context = inputs.context(.evaluation)
    let surrogate = try #require((student.model as? AdaptedModel)?.search?.surrogate)
    let statistics = try #require(explorer.statistics)
    let rows = student.model(path.explored, in: context).divergenceRows(
      .forwardKL, teacher: cast.teacher.model(path.explored, in: context))
    let found = try cast.run(
      inputs.graph, [surrogate(path.codes[0], statistics, in: context), rows.log()], step: 999)
    func mean(_ x: [Float]) -> Float { x.reduce(0, +) / Float(x.count) }
    func centred(_ x: [Float]) -> [Float] { x.map { $0 - mean(x) } }
    let (a, b) = (centred(found[0]), centred(found[1]))
    func sum(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map(*).reduce(0, +) }
    #expect(sum(a, b) / (sum(a, a) * sum(b, b)).squareRoot() > 0.5)
  }

  @Test("what is replayed has the teacher's logits of it", arguments: [0, 3])
  func replay(_ steps: Int) throws {
    let exploration = exploration { $0.replay = Replay(size: 100, ratio: 0.5) }
    let (cast, student, explorer, _) = try trained(exploration, steps: steps)
    let inputs = Cast.inputs()
    let path = explorer.explore(inputs.example.x, codes: nil, in: inputs)
    let replayed = try #require(path.replayed)
    let context = inputs.context(.evaluation)
    let new = cast.teacher.model(path.explored, in: context)
    let found = try cast.run(
      inputs.graph,
      [
        replayed.logits(behind: new), new, cast.teacher.model(replayed.examples, in: context),
        replayed.draw.ids.toFloat(),
      ], step: steps)
    #expect(found[0].count == 3 * (32 + 16) && found[3].count == 16)
    for (kept, known) in zip(found[0], found[1] + found[2]) { #expect(abs(kept - known) < 1e-4) }
    // The pool fills from its end: three steps of 32 leave the first 4 of 100 places empty.
    if steps > 0 {
      #expect(found[3].allSatisfy { $0 >= 4 && $0 < 100 } && Set(found[3]).count > 4)
    }
    #expect(student.trainable.allSatisfy { $0.role == .trainable })
  }

  @Test("starts are chosen by what the last visit of their example found, and it is noted")
  func lastVisits() throws {
    let exploration = exploration {
      ($0.noise, $0.ratio) = (0, 1)
      $0.proposals = Proposals(Cast.batch, by: .lastVisit, greed: 1000)
    }
    let (cast, student, explorer, _) = try trained(exploration, steps: 1)
    var weights = student.exported(try student.weights(in: cast.session))
    let place = try #require(weights.firstIndex { $0.name.hasSuffix("visits.found") })
    // Examples that have been met in the first step have a disagreement of their own, the others 1.
    let noted = weights[place].values
    #expect(noted.count == Cast.batch && noted.contains { $0 != 1 } && noted.allSatisfy { $0 > 0 })
    weights[place].values = (0..<Cast.batch).map { $0 == 3 ? 0.5 : 0.1 }
    try student.write(student.imported(weights), to: cast.session)
    let inputs = Cast.inputs()
    let path = explorer.explore(inputs.example.x, codes: nil, in: inputs)
    let parents = try #require(path.parents)
    let found = try cast.run(inputs.graph, [path.codes[0], parents.toFloat()])
    let codes = try cast.codes()
    #expect(found[1] == [Float](repeating: 3, count: Cast.batch))
    for row in 0..<Cast.batch {
      for axis in 0..<2 { #expect(abs(found[0][2 * row + axis] - codes[6 + axis]) < 1e-5) }
    }
  }

  @Test("the choice of a start is made up for in gradients, and not in values")
  func importance() throws {
    let exploration = exploration {
      $0.proposals = Proposals(3, by: .entropy, greed: 4)
      $0.proposals?.importance = 1
    }
    let cast = try Cast()
    let explorer = try cast.explorer(exploration)
    let inputs = Cast.inputs()
    let path = explorer.explore(inputs.example.x, codes: nil, in: inputs)
    let weights = try #require(path.weights)
    let logits = inputs.graph.input("logits", [32, 3])
    let weighted = path.weighted(Taps(output: logits)).output
    let gradient = gradients(of: (weighted * weighted).sum() * 0.5, with: [logits])[0]
    let program = try cast.session.compile(
      inputs.graph, outputs: [weights, weighted, gradient])
    let values = (0..<96).map { Float($0 % 7) - 3 }
    for (index, input) in inputs.graph.inputs.enumerated() {
      switch input.name {
      case "random state": try program.setInput(index, [5, 0, 0] as [Int32])
      case "indices", "labels": try program.setInput(index, cast.labels)
      case "logits": try program.setInput(index, values)
      default: try program.setInput(index, cast.images)
      }
    }
    try program.run()
    let found = try program.floats(0)
    #expect(found.count == 32 && Set(found).count > 8 && found.allSatisfy { $0 > 0.3 })
    #expect(try program.floats(1) == values)
    for (index, slope) in try program.floats(2).enumerated() {
      #expect(abs(slope - values[index] * found[index / 3]) < 1e-4)
    }
  }

  @Test("a pool keeps the last finds, the newest last, and what was found of those met again")
  func aging() throws {
    let session = Session(CPUBackend())
    let pool = ReplayPool(Replay(size: 5, ratio: 1, greed: 0), width: 1, classes: 2)
    let store = ParameterStore(pool, name: "pool")
    try store.reserve(in: session)
    try store.write(store.initialWeights(seed: 1), to: session)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let base = graph.input("base", [1])
    let new = base + graph.constant([0, 1] as [Float], [2])
    let ids = graph.constant([4, 4] as [Int32], [2])
    pool.remember(
      new.reshape([2, 1]), Tensor.concatenate([new, new], axis: 0).reshape([2, 2]),
      Tensor.concatenate([new, new * 0 + 100], axis: 0),
      ReplayPool.Draw(codes: new, logits: new, ids: ids), context)
    let program = try session.compile(
      graph, outputs: [], effects: store.bufferUpdates(from: context))
    for base in [Float(1), 3, 5] {
      try program.setInput(0, [base])
      try program.run()
    }
    let kept = store.exported(try store.weights(in: session))
    #expect(kept.first { $0.name == "codes" }?.values == [2, 3, 4, 5, 6])
    // Place 4 was met in the second step, when it held 2, and in the third, when it held 4.
    #expect(kept.first { $0.name == "disagreement" }?.values == [100, 3, 100, 5, 6])
  }
}
