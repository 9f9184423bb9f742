import RetortCPU
import RetortCore
import RetortData
import RetortTestSupport
import RetortVerification
import Testing

@Suite struct AugmentedBatchTests {
  /// What a device makes of a loader's batch is the definition of it, to the last bit.
  @Test(arguments: ["cpu", "opencl"]) func theDeviceFollowsTheLoader(_ name: String) throws {
    let backend: any Backend = name == "cpu" ? CPUBackend() : try TestDevice.backend()
    let shape: Shape = [10, 5, 4, 3]
    let data = ImageDataset(
      name: "noise", images: (0..<40 * 60).map { UInt8($0 * 37 % 256) },
      labels: (0..<40).map { Int32($0 % 3) }, height: 5, width: 4, channels: 3,
      classNames: ["a", "b", "c"])
    let normalization = Normalization(mean: [0.5, 0, 0.9], deviation: [0.25, 1, 3])
    for augmentation in [
      Augmentation.none, Augmentation(shift: 2, flip: true),
      Augmentation(shift: 1, padding: .reflect, flip: true, cutout: 3),
    ] {
      let loader = BatchLoader(
        dataset: data, augmentation: augmentation, normalization: normalization, seed: 6)
      let graph = Graph()
      let samples = graph.input("samples", shape, .uint8)
      let moves = graph.input("moves", [10, 5], .int32)
      let program = try Session(backend).compile(
        graph, outputs: [normalization.inputs(samples, moves: moves, augmentation)])
      let batches = Prefetcher(
        loader: loader, order: try BatchOrder(count: 40, batchSize: 10, seed: 2), batchLimit: 6)
      for _ in 0..<6 {
        try batches.withNext { batch in
          for (index, field) in batch.fields.enumerated() { try program.setInput(index, field) }
          try program.run()
          let expected = zip(batch.plan.indices, batch.fields[1].bindMemory(to: ImageMove.self))
            .flatMap { index, move in
              AugmentCase.changed(
                data.image(index), shape, move, augmentation.padding, cutout: augmentation.cutout
              ).enumerated().map { place, sample in
                (Float(sample) / 255 - normalization.mean[place % 3])
                  / normalization.deviation[place % 3]
              }
            }
          #expect(try program.floats(0) == expected)
        }
      }
    }
  }

  @Test func bytesAreForPicturesAlone() throws {
    let graph = Graph()
    let samples = graph.input("samples", [2, 3, 3, 1], .uint8)
    _ = samples + samples
    #expect(throws: GraphError.self) { try Plan(graph, outputs: [samples]) }
    for moves in [[2, 4], [3, 5]] as [Shape] {
      let graph = Graph()
      let samples = graph.input("samples", [2, 3, 3, 1], .uint8)
      let changed = samples.augmented(
        moves: graph.input("moves", moves, .int32),
        table: graph.constant([Float](repeating: 0, count: 256), [1, 256]))
      let error = #expect(throws: GraphError.self) { try Plan(graph, outputs: [changed]) }
      #expect(error?.description.hasPrefix("augment: needs uint8 pictures") == true)
    }
  }
}
