import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortDistillation

/// Mixed pictures and their labels, from the loader to the loss.
@Suite struct MixedExampleTests {
  @Test func crossEntropyIsThatOfMixedLabels() throws {
    let file = try NumPyFile(Goldens.folder + "/augmentation/mixed.npz")
    let (logits, losses) = (try file.array("logits"), try file.array("losses"))
    for (index, weight) in [Float(0.3), 1].enumerated() {
      let graph = Graph()
      let (student, share) = (graph.input("s", [3, 4]), graph.input("w", [3]))
      let labels = graph.input("l", [3], .int32)
      let example = Example([("image", student)], otherShare: share)
      let inputs = StepInputs(
        graph: graph, example: example, labels: labels, indices: labels, randomState: labels)
      let x = Comparison(
        inputs: inputs, context: inputs.context(.training), learner: Module(), examples: example,
        student: Taps(output: student), teacher: nil, labels: labels)
      let term = CrossEntropyLoss(labelSmoothing: 0.1).terms(x, name: "a")[0].value
      let executable = try Session(CPUBackend()).compile(
        graph, outputs: [term] + gradients(of: term, with: [student]))
      try executable.setInput(0, try #require(logits.floats))
      try executable.setInput(1, [Float](repeating: 1 - weight, count: 3))
      try executable.setInput(2, [2, 0, 3] as [Int32])
      try executable.run()
      let expected = try #require(losses.floats)[index * 3..<index * 3 + 3].reduce(0, +) / 3
      #expect(abs(try executable.floats(0)[0] - expected) < 1e-6 * expected)
      // The gradient is (softmax − target) / 3, whose rows sum to 0.
      let gradient = try executable.floats(1)
      for row in 0..<3 { #expect(abs(gradient[row * 4..<row * 4 + 4].reduce(0, +)) < 1e-6) }
      #expect(gradient.contains { abs($0) > 0.01 })
    }
  }

  /// The designed teacher of mixed pictures is that of both labels, by their shares.
  @Test func designedTeachersAreThoseOfBothLabels() throws {
    let (logits, labels): ([Float], [Int32]) = (
      [1, -2, 0.5, 0, 3, 1, -1, 2, 0.3, 0.1, 2, -2], [2, 0, 3]
    )
    func loss(_ labels: [Int32], _ others: [Float]?) throws -> Float {
      let graph = Graph()
      let (student, given) = (graph.constant(logits, [3, 4]), graph.constant(labels, [3]))
      let example = Example(
        [("image", student)], otherShare: others.map { graph.constant($0, [3]) })
      let inputs = StepInputs(
        graph: graph, example: example, labels: given, indices: given, randomState: given)
      let x = Comparison(
        inputs: inputs, context: inputs.context(.training), learner: Module(), examples: example,
        student: Taps(output: student), teacher: nil, labels: given)
      let term = TeacherFreeLoss(temperature: 2, probability: 0.9).terms(x, name: "a")[0].value
      let executable = try Session(CPUBackend()).compile(graph, outputs: [term])
      try executable.run()
      return try executable.floats(0)[0]
    }
    // The other label is that of the picture before, and of the first the last one's.
    let (own, other) = (try loss(labels, nil), try loss([3, 2, 0], nil))
    #expect(abs(own - other) > 0.1)
    let mixed = try loss(labels, [0.3, 0.3, 0.3])
    #expect(abs(mixed - (0.7 * own + 0.3 * other)) < 1e-5)
  }

  /// Pictures of a batch are `(1 − w)·x + w·x₋₁`, with w by pixel, on the device as on the host.
  @Test(arguments: ["cpu", "opencl"], [true, false])
  func picturesAreMixedWithThoseBefore(_ name: String, _ isCut: Bool) throws {
    let backend: any Backend = name == "cpu" ? CPUBackend() : try TestDevice.backend()
    let (batch, height, width) = (5, 7, 6)
    let count = height * width * 3
    let data = ImageDataset(
      name: "noise", images: (0..<batch * 2 * count).map { UInt8($0 * 37 % 256) },
      labels: (0..<batch * 2).map { Int32($0 % 3) }, height: height, width: width, channels: 3,
      classNames: ["a", "b", "c"])
    var augmentation = Augmentation()
    if isCut { augmentation.cutmix = 1 } else { augmentation.mixup = 1 }
    let pipeline = ImagePipeline(data.size, augmentation: augmentation)
    let loader = BatchLoader(dataset: data, pipeline: pipeline, seed: 9)
    #expect(pipeline.drawn.count == 4)
    let graph = Graph()
    let fields = loader.fields.map { $0.input(in: graph, batch: batch) }
    let example = pipeline.example([fields[0]], drawn: Array(fields.dropFirst()))
    let share = try #require(example.otherShare)
    let program = try Session(backend).compile(graph, outputs: [example.x, share])
    let batches = Prefetcher(
      loader: loader, order: try BatchOrder(count: data.count, batchSize: batch, seed: 2),
      batchLimit: 4)
    var shares: Set<Float> = []
    for _ in 0..<4 {
      try batches.withNext { loaded in
        for (index, field) in loaded.fields.enumerated() { try program.setInput(index, field) }
        try program.run()
        let (found, share) = (try program.floats(0), try program.floats(1))
        let rows = loaded.fields[2].bindMemory(to: Float.self)
        let columns = loaded.fields[3].bindMemory(to: Float.self)
        var mean: Float = 0
        for slot in 0..<batch {
          let own = Array(data.image(loaded.plan.indices[slot]))
          let other = Array(data.image(loaded.plan.indices[(slot + batch - 1) % batch]))
          for place in 0..<count {
            let (row, column) = (place / 3 / width, place / 3 % width)
            let weight = rows[slot * height + row] * columns[slot * width + column]
            let (a, b) = (Float(own[place]) / 255, Float(other[place]) / 255)
            #expect(abs(found[slot * count + place] - (a + (b - a) * weight)) < 1e-6)
            mean += weight / Float(batch * count)
          }
        }
        #expect(share.allSatisfy { abs($0 - mean) < 1e-5 })
        shares.insert(share[0])
      }
    }
    #expect(shares.count == 4)
    #expect(pipeline.example([fields[0]], drawn: []).otherShare == nil)
  }
}
