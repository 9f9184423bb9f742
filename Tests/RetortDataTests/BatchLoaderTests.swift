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

  private func load(_ loader: BatchLoader, _ batch: PlannedBatch) -> ([Float], [Int32]) {
    let size = loader.dataset.imageSize
    var images = [Float](repeating: -99, count: batch.indices.count * size + 3)
    var labels = [Int32](repeating: -99, count: batch.indices.count + 1)
    images.withUnsafeMutableBufferPointer { images in
      labels.withUnsafeMutableBufferPointer { labels in
        loader.load(batch, images: images, labels: labels)
      }
    }
    #expect(images.suffix(3) == [-99, -99, -99] && labels.last == -99, "written past the end")
    return (images.dropLast(3), labels.dropLast())
  }

  private func batch(_ indices: [Int], step: Int = 0) -> PlannedBatch {
    PlannedBatch(step: step, start: .init(), following: .init(), indices: indices)
  }

  @Test func samplesAreScaled() {
    let dataset = Self.dataset()
    let (images, labels) = load(BatchLoader(dataset: dataset), batch([7, 0, 7]))
    let expected = [7, 0, 7].flatMap { dataset.image($0).map { Float($0) / 255 } }
    #expect(images == expected)
    #expect(labels == [1, 0, 1])
  }

  @Test func channelsAreNormalised() {
    let dataset = Self.dataset()
    let normalization = Normalization(mean: [0.5, 0, 1], deviation: [0.25, 1, 2])
    let loader = BatchLoader(dataset: dataset, normalization: normalization)
    let (images, _) = load(loader, batch([3]))
    for (index, sample) in dataset.image(3).enumerated() {
      let channel = index % 3
      let value = Float(sample) / 255 - normalization.mean[channel]
      #expect(images[index] == value / normalization.deviation[channel])
    }
  }

  /// The place in a padded row or column of `count` that stands at `place`; nil outside.
  private func source(_ place: Int, _ count: Int, _ padding: Augmentation.Padding) -> Int? {
    if padding == .zero { return (0..<count).contains(place) ? place : nil }
    var place = place
    while !(0..<count).contains(place) {
      let end = place < 0 ? 0 : count - 1
      place = padding == .edge || count == 1 ? end : 2 * end - place
    }
    return place
  }

  /// The definition: mirror, then pad and move, then cut out, pixel by pixel.
  private func reference(_ loader: BatchLoader, _ index: Int, _ move: Augmentation.Move) -> [Float]
  {
    let (padding, cutout) = (loader.augmentation.padding, loader.augmentation.cutout)
    let data = loader.dataset
    let image = Array(data.image(index))
    var result: [Float] = []
    for y in 0..<data.height {
      for x in 0..<data.width {
        for channel in 0..<data.channels {
          let isCut =
            y >= move.cutTop && y < move.cutTop + cutout && x >= move.cutLeft
            && x < move.cutLeft + cutout
          var sample: UInt8 = 0
          if !isCut, let row = source(y - move.down, data.height, padding),
            let moved = source(x - move.right, data.width, padding)
          {
            let column = move.mirrored ? data.width - 1 - moved : moved
            sample = image[(row * data.width + column) * data.channels + channel]
          }
          result.append(
            (Float(sample) / 255 - loader.normalization.mean[channel])
              / loader.normalization.deviation[channel])
        }
      }
    }
    return result
  }

  static let augmentations = [
    Augmentation(shift: 1, flip: true), Augmentation(shift: 2),
    Augmentation(shift: 7, flip: true), Augmentation(flip: true),
    Augmentation(shift: 2, padding: .edge, flip: true),
    Augmentation(shift: 2, padding: .reflect, flip: true),
    Augmentation(shift: 19, padding: .reflect), Augmentation(cutout: 1), Augmentation(cutout: 2),
    Augmentation(shift: 1, padding: .edge, flip: true, cutout: 3), Augmentation(cutout: 30),
  ]

  @Test(arguments: augmentations, [1, 3])
  func picturesAreChanged(_ augmentation: Augmentation, channels: Int) {
    let loader = BatchLoader(
      dataset: Self.dataset(channels: channels), augmentation: augmentation,
      normalization: Normalization(
        mean: .init(repeating: 0.3, count: channels),
        deviation: .init(repeating: 0.5, count: channels)), seed: 5)
    var seen: Set<String> = []
    for step in 0..<60 {
      let indices = (0..<8).map { ($0 * 5 + step) % 40 }
      let (images, _) = load(loader, batch(indices, step: step))
      var expected: [Float] = []
      for (slot, index) in indices.enumerated() {
        let move = loader.augmentation.move(
          seed: 5, step: step, slot: slot, height: 5, width: 4)
        #expect(abs(move.down) <= augmentation.shift && abs(move.right) <= augmentation.shift)
        #expect(augmentation.flip || !move.mirrored)
        let cut = augmentation.cutout
        #expect(cut == 0 || (0..<5).contains(move.cutTop + cut / 2))
        #expect(cut == 0 || (0..<4).contains(move.cutLeft + cut / 2))
        seen.insert("\(move)")
        expected += reference(loader, index, move)
      }
      #expect(images == expected)
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
    func first(_ augmentation: Augmentation) -> Augmentation.Move {
      augmentation.move(seed: 1, step: 0, slot: 0, height: 9, width: 9)
    }
    #expect(first(augmentation) == moves[0])
    // What is added later leaves what was there as it is.
    for other in [Augmentation(shift: 50), Augmentation(shift: 50, flip: true, cutout: 4)] {
      #expect((first(other).down, first(other).right) == (moves[0].down, moves[0].right))
    }
  }

  @Test func normalizationIsMeasured() {
    let dataset = ImageDataset(
      name: "sample", images: [0, 51, 255, 51], labels: [0, 0], height: 1, width: 1, channels: 2,
      classNames: ["a"])
    let measured = Normalization.measured(on: dataset)
    #expect(measured == Normalization(mean: [0.5, 0.2], deviation: [0.5, 1]))
    let (images, _) = load(
      BatchLoader(dataset: dataset, normalization: measured), batch([0, 1]))
    #expect(images == [-1, 0, 1, 0])
  }
}
