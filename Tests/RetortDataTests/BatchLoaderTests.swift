import RetortCore
import Testing

@testable import RetortData

@Suite struct BatchLoaderTests {
  static func dataset(
    count: Int = 40, height: Int = 5, width: Int = 4, channels: Int = 3
  ) -> ImageDataset {
    ImageDataset(
      name: "sample",
      images: (0..<count * height * width * channels).map { UInt8($0 * 37 % 256) },
      labels: (0..<count).map { Int32($0 % 3) }, height: height, width: width, channels: channels,
      classNames: ["a", "b", "c"])
  }

  private func load(_ loader: BatchLoader, _ batch: PlannedBatch) throws -> (
    images: [UInt8], moves: [ImageMove], labels: [Int32]
  ) {
    let (size, count) = (loader.dataset.fields[0].byteCount, batch.indices.count)
    let mark = Self.move(-99)
    var images = [UInt8](repeating: 99, count: count * size + 3)
    var moves = [ImageMove](repeating: mark, count: count + 1)
    var labels = [Int32](repeating: -99, count: count + 1)
    try images.withUnsafeMutableBytes { images in
      try moves.withUnsafeMutableBytes { moves in
        try labels.withUnsafeMutableBufferPointer { labels in
          try loader.load(batch, fields: [images, moves], labels: labels)
        }
      }
    }
    #expect(images.suffix(3) == [99, 99, 99], "written past the end")
    #expect(moves.last == mark && labels.last == -99, "written past the end")
    return (images.dropLast(3), moves.dropLast(), labels.dropLast())
  }

  private static func move(_ down: Int32) -> ImageMove {
    var move = ImageMove()
    move.down = down
    return move
  }

  private func batch(_ indices: [Int], step: Int = 0) -> PlannedBatch {
    PlannedBatch(step: step, start: .init(), following: .init(), indices: indices)
  }

  @Test func samplesAreCopied() throws {
    let dataset = Self.dataset()
    let (images, moves, labels) = try load(BatchLoader(dataset: dataset), batch([7, 0, 7]))
    #expect(images == [7, 0, 7].flatMap { dataset.image($0) })
    #expect(moves == [ImageMove](repeating: ImageMove(), count: 3))
    #expect(labels == [1, 0, 1])
  }

  /// The first view is what an only one is; the others are of the same examples, changed by draws of their own.
  @Test func viewsDifferInTheirDraws() throws {
    let augmentation = Augmentation(shift: 7, flip: true)
    let dataset = Self.dataset()
    let pipeline = ImagePipeline(dataset.size, augmentation: augmentation)
    let loader = BatchLoader(dataset: dataset, pipeline: pipeline, seed: 5, views: 3)
    #expect(
      loader.fields.map(\.name) == ["samples", "moves", "samples", "moves", "samples", "moves"])
    let batch = batch([7, 0, 12, 3], step: 2)
    let memory = loader.fields.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * $0.byteCount, alignment: 16)
    }
    defer { for part in memory { part.deallocate() } }
    var labels: [Int32] = [9, 9, 9, 9]
    try labels.withUnsafeMutableBufferPointer { labels in
      try loader.load(batch, fields: memory, labels: labels)
    }
    #expect(labels == [1, 0, 0, 0])
    let moves = [1, 3, 5].map { Array(memory[$0].bindMemory(to: ImageMove.self)) }
    #expect(moves[0] != moves[1] && moves[1] != moves[2] && moves[0] != moves[2])
    let only = try load(BatchLoader(dataset: dataset, augmentation: augmentation, seed: 5), batch)
    #expect(moves[0] == only.moves)
    for place in [0, 2, 4] { #expect(Array(memory[place]) == only.images) }
  }

  /// An epoch takes the next draw of each example, and after the last one the first, whatever seed and batch.
  @Test func drawsAreRepeated() throws {
    var augmentation = Augmentation(shift: 50, flip: true)
    augmentation.draws = 3
    let dataset = Self.dataset()
    func moves(_ epoch: Int, _ index: Int, seed: UInt64) throws -> [(ImageMove, row: Int32)] {
      let loader = BatchLoader(dataset: dataset, augmentation: augmentation, seed: seed)
      #expect(loader.fields.map(\.name) == ["samples", "moves", "row"])
      let memory = loader.fields.map {
        UnsafeMutableRawBufferPointer.allocate(byteCount: 3 * $0.byteCount, alignment: 16)
      }
      defer { for part in memory { part.deallocate() } }
      let batch = PlannedBatch(
        step: 9, start: .init(epoch: epoch, index: index), following: .init(), indices: [7, 0, 12])
      var labels: [Int32] = [9, 9, 9]
      try labels.withUnsafeMutableBufferPointer { labels in
        try loader.load(batch, fields: memory, labels: labels)
      }
      let rows = Array(memory[2].bindMemory(to: Int32.self))
      return zip(memory[1].bindMemory(to: ImageMove.self), rows).map { ($0, $1) }
    }
    for epoch in 0..<7 {
      // The next epoch begins with the last of the three.
      let found = try moves(epoch, 38, seed: UInt64(epoch))
      for (slot, index) in [7, 0, 12].enumerated() {
        let draw = (epoch + (slot == 2 ? 1 : 0)) % 3
        #expect(found[slot].row == Int32(index * 3 + draw))
        #expect(
          found[slot].0
            == augmentation.move(seed: 0, step: draw, slot: index, height: 5, width: 4))
      }
    }
    let examples = DrawnExamples(
      BatchLoader(dataset: dataset, augmentation: augmentation, seed: 4), draw: 2)
    #expect(examples.fields.map(\.name) == ["samples", "moves", "row"] && examples.count == 40)
    var row: Int32 = 0
    try withUnsafeMutableBytes(of: &row) { try examples.write(12, field: 2, into: $0) }
    #expect(row == 38)
  }

  static let augmentations = [
    Augmentation(shift: 1, flip: true), Augmentation(shift: 2),
    Augmentation(shift: 7, flip: true), Augmentation(flip: true), Augmentation(cutout: 1),
    Augmentation(cutout: 2), Augmentation(shift: 1, padding: .edge, flip: true, cutout: 3),
    Augmentation(cutout: 30),
  ]

  @Test(arguments: augmentations) func movesCoverTheirRanges(
    _ augmentation: Augmentation
  ) throws {
    let dataset = Self.dataset()
    let loader = BatchLoader(dataset: dataset, augmentation: augmentation, seed: 5)
    var seen: Set<String> = []
    for step in 0..<60 {
      let indices = (0..<8).map { ($0 * 5 + step) % 40 }
      let (images, moves, _) = try load(loader, batch(indices, step: step))
      #expect(images == indices.flatMap { dataset.image($0) })
      for (slot, move) in moves.enumerated() {
        #expect(
          move == augmentation.move(seed: 5, step: step, slot: slot, height: 5, width: 4))
        #expect(abs(move.down) <= augmentation.shift && abs(move.right) <= augmentation.shift)
        #expect((0...(augmentation.flip ? 1 : 0)).contains(move.mirrored))
        let half = Int32(augmentation.cutout / 2)
        #expect(augmentation.cutout == 0 || (0..<5).contains(move.cutTop + half))
        #expect(augmentation.cutout == 0 || (0..<4).contains(move.cutLeft + half))
        seen.insert("\(move)")
      }
    }
    let side = 2 * augmentation.shift + 1
    let kinds = side * side * (augmentation.flip ? 2 : 1) * (augmentation.cutout > 0 ? 20 : 1)
    #expect(seen.count == kinds || (kinds > 60 && seen.count > 60))
  }

  @Test func theMoveDependsOnSeedStepAndSlotAlone() {
    let augmentation = Augmentation(shift: 50, flip: true)
    let moves = [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1)].map {
      augmentation.move(seed: UInt64($0.0), step: $0.1, slot: $0.2, height: 9, width: 9)
    }
    for (i, move) in moves.enumerated() {
      #expect(moves[..<i].allSatisfy { $0 != move })
    }
    func first(_ augmentation: Augmentation) -> ImageMove {
      augmentation.move(seed: 1, step: 0, slot: 0, height: 9, width: 9)
    }
    #expect(first(augmentation) == moves[0])
    // What is added later leaves what was there as it is.
    for other in [Augmentation(shift: 50), Augmentation(shift: 50, flip: true, cutout: 4)] {
      #expect((first(other).down, first(other).right) == (moves[0].down, moves[0].right))
    }
  }
}
