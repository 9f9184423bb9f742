import Foundation
import RetortCore
import Testing

@testable import RetortData

@Suite struct RandomCropTests {
  private func boxes(_ least: Double, height: Int, width: Int) -> [CropBox] {
    (0..<4000).map {
      RandomCrop(least: least, seed: 3, step: $0 / 50, slot: $0 % 50)
        .box(height: height, width: width)
    }
  }

  @Test(arguments: [0.08, 0.5, 1.0]) func partsHaveTheirAreasAndShapes(_ least: Double) {
    for (height, width) in [(300, 400), (400, 400), (500, 375)] {
      let boxes = boxes(least, height: height, width: width)
      for box in boxes {
        #expect(box.top >= 0 && box.left >= 0)
        #expect(box.top + box.height <= height && box.left + box.width <= width)
        let shape = Double(box.width) / Double(box.height)
        #expect(shape > 0.73 && shape < 1.37)
        #expect(Double(box.height * box.width) / Double(height * width) > least - 0.02)
      }
      let shares = boxes.map { Double($0.height * $0.width) / Double(height * width) }
      let mean = shares.reduce(0, +) / Double(shares.count)
      // Large parts are rejected where their shape does not fit, so that the mean lies below the middle.
      #expect(mean < (1 + least) / 2 + 0.02 && mean > least + (1 - least) * 0.25 - 0.08, "\(mean)")
      let logs = boxes.map { log(Double($0.width) / Double($0.height)) }
      #expect(logs.contains { $0 < -0.1 } || width > height || least == 1)
      #expect(least == 1 || Set(boxes.map(\.top)).count > 50)
    }
  }

  /// Of small shares nearly none is rejected: logarithms of shapes are uniform, and places too.
  @Test func drawsAreUniform() {
    let boxes = boxes(0.001, height: 1000, width: 1000).filter { $0.height * $0.width < 250_000 }
    #expect(boxes.count > 900)
    let logs = boxes.map { log(Double($0.width) / Double($0.height)) / log(4.0 / 3) }
    let mean = logs.reduce(0, +) / Double(logs.count)
    let square = logs.reduce(0) { $0 + $1 * $1 } / Double(logs.count)
    #expect(abs(mean) < 0.06 && abs(square - 1.0 / 3) < 0.04, "\(mean) \(square)")
    let places = boxes.map { Double($0.left) / Double(1000 - $0.width) }
    #expect(abs(places.reduce(0, +) / Double(places.count) - 0.5) < 0.04)
  }

  @Test func aPartDependsOnSeedStepAndSlotAlone() {
    func box(_ seed: UInt64, _ step: Int, _ slot: Int) -> CropBox {
      RandomCrop(least: 0.08, seed: seed, step: step, slot: slot).box(height: 300, width: 400)
    }
    let boxes = [box(1, 0, 0), box(2, 0, 0), box(1, 1, 0), box(1, 0, 1)]
    for (i, own) in boxes.enumerated() { #expect(boxes[..<i].allSatisfy { $0 != own }) }
    #expect(box(1, 0, 0) == boxes[0])
  }

  @Test func longPicturesShowTheirMiddle() {
    let crop = RandomCrop(least: 1, seed: 1, step: 0, slot: 0)
    #expect(crop.box(height: 30, width: 300) == CropBox(top: 0, left: 130, height: 30, width: 40))
    #expect(crop.box(height: 300, width: 30) == CropBox(top: 130, left: 0, height: 40, width: 30))
    #expect(crop.box(height: 1, width: 1000) == CropBox(top: 0, left: 499, height: 1, width: 1))
    #expect(crop.box(height: 1, width: 1) == CropBox(top: 0, left: 0, height: 1, width: 1))
  }

  /// Pictures in memory show parts too, which the loader draws by step and slot.
  @Test func batchesHaveParts() throws {
    let dataset = BatchLoaderTests.dataset(height: 12, width: 10)
    let loader = BatchLoader(dataset: dataset, augmentation: Augmentation(crop: 0.2), seed: 6)
    var batches: [[UInt8]] = []
    for step in [0, 0, 1] {
      var (images, moves) = (
        [UInt8](repeating: 0, count: 720), [ImageMove](repeating: ImageMove(), count: 2)
      )
      var labels: [Int32] = [0, 0]
      let batch = PlannedBatch(step: step, start: .init(), following: .init(), indices: [7, 7])
      try images.withUnsafeMutableBytes { images in
        try moves.withUnsafeMutableBytes { moves in
          try labels.withUnsafeMutableBufferPointer {
            try loader.load(batch, fields: [images, moves], labels: $0)
          }
        }
      }
      #expect(moves == [ImageMove(), ImageMove()] && labels == [1, 1])
      batches.append(images)
    }
    #expect(batches[0] == batches[1] && batches[0] != batches[2])
    #expect(batches[0][..<360] != batches[0][360...])
    #expect(batches[0][..<360] != dataset.image(7))
  }
}
