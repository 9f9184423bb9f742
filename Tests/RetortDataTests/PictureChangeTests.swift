import Glibc
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

/// Changes of pictures beside what torchvision makes of them.
@Suite struct PictureChangeTests {
  private static let path = Goldens.folder + "/augmentation/cases.npz"

  private func change(_ words: [String], _ size: ImageSize) throws -> PictureChange? {
    if let kind = Int(words[1]) {
      return RandAugment.change(
        kind, magnitude: try #require(Int(words[2])), isNegative: words[3] == "-", size)
    }
    let amount = try #require(Double(words[2]))
    switch words[1] {
    case "brightness": return .brightness(amount)
    case "contrast": return .contrast(amount)
    case "saturation": return .saturation(amount)
    case "hue": return .hue(amount)
    default: return .sharpness(amount)
    }
  }

  /// Samples are equal; pixels that are moved come from beside their place where rounding decides.
  @Test func everyChangeIsTorchvisions() throws {
    let file = try NumPyFile(Self.path)
    var counts: [String: Int] = [:]
    for name in file.names {
      let words = name.split(separator: " ").map(String.init)
      guard words.count > 1 else { continue }
      let (original, expected) = (try file.array(words[0]), try file.array(name))
      let size = ImageSize(
        height: original.shape[0], width: original.shape[1], channels: original.shape[2])
      var samples = Array(original.bytes)
      let change = try change(words, size)
      samples.withUnsafeMutableBytes {
        PictureChange.apply(change.map { [$0] } ?? [], to: $0, size)
      }
      let wrong = zip(samples, expected.bytes).count { $0 != $1 }
      #expect(wrong == 0, "\(name): \(wrong) of \(samples.count)")
      counts[words[0], default: 0] += 1
    }
    #expect(counts == ["colour": 59, "grey": 36])
  }

  @Test func drawsAreThoseOfSeedStepAndSlot() throws {
    var augmentation = Augmentation()
    augmentation.jitter.brightness = 0.4
    augmentation.jitter.hue = 0.1
    augmentation.randAugment = RandAugment()
    let size = ImageSize(height: 8, width: 9, channels: 3)
    func changes(_ seed: UInt64, _ step: Int, _ slot: Int) -> [PictureChange] {
      augmentation.changes(seed: seed, step: step, slot: slot, size)
    }
    #expect(changes(1, 2, 3) == changes(1, 2, 3))
    #expect(changes(1, 2, 3) != changes(1, 2, 4) && changes(1, 2, 3) != changes(1, 3, 3))
    #expect(changes(1, 2, 3) != changes(2, 2, 3))
    var (factors, turns, firsts, counts) = ([Double](), [Double](), 0, [0, 0, 0])
    for slot in 0..<4000 {
      let own = changes(5, 0, slot)
      counts[own.count - 2] += 1
      for (place, change) in own.prefix(2).enumerated() {
        switch change {
        case .brightness(let factor):
          factors.append(factor)
          firsts += place == 0 ? 1 : 0
        case .hue(let turn): turns.append(turn)
        default: Issue.record("\(change)")
        }
      }
    }
    #expect(factors.count == 4000 && turns.count == 4000 && abs(firsts - 2000) < 130)
    #expect(factors.allSatisfy { 0.6...1.4 ~= $0 } && abs(factors.reduce(0, +) / 4000 - 1) < 0.015)
    #expect(turns.allSatisfy { -0.1...0.1 ~= $0 } && abs(turns.reduce(0, +) / 4000) < 0.004)
    // One of fourteen changes is none.
    #expect(abs(counts[2] - 4000 * 169 / 196) < 90 && abs(counts[0] - 4000 / 196) < 18)
    #expect(Augmentation(flip: true).changes(seed: 1, step: 1, slot: 1, size).isEmpty)
  }

  @Test func loadersChangeSamples() throws {
    let data = ImageDataset(
      name: "ramp", images: (0..<8 * 48).map { UInt8($0 % 251) },
      labels: [0, 1, 0, 1, 0, 1, 0, 1], height: 4, width: 4, channels: 3, classNames: ["a", "b"])
    var augmentation = Augmentation()
    augmentation.jitter.contrast = 0.9
    let loader = BatchLoader(dataset: data, augmentation: augmentation, seed: 3)
    let order = try BatchOrder(count: 8, batchSize: 4, seed: 1)
    let batches = Prefetcher(loader: loader, order: order, batchLimit: 3)
    for _ in 0..<3 {
      try batches.withNext { batch in
        for (slot, index) in batch.plan.indices.enumerated() {
          var expected = Array(data.image(index))
          let changes = augmentation.changes(
            seed: 3, step: batch.plan.step, slot: slot, data.size)
          expected.withUnsafeMutableBytes { PictureChange.apply(changes, to: $0, data.size) }
          #expect(
            changes.count == 1 && Array(batch.fields[0][slot * 48..<slot * 48 + 48]) == expected)
        }
      }
    }
  }
}

/// The mixing of batches.
@Suite struct BatchMixingTests {
  private func mixing(_ mixup: Double, _ cutmix: Double, _ step: Int) -> BatchMixing {
    BatchMixing(mixup: mixup, cutmix: cutmix, seed: 4, step: step, height: 20, width: 30)
  }

  @Test(arguments: [0.2, 1, 4]) func weightsHaveTheirDistribution(_ alpha: Double) {
    let weights = (0..<4000).map { Double(mixing(alpha, 0, $0).weight) }
    let mean = weights.reduce(0, +) / 4000
    let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
    let expected = 1 / (4 * (2 * alpha + 1))
    #expect(abs(mean - 0.5) < 0.03 && abs(variance - expected) < 0.08 * expected)
    #expect(weights.allSatisfy { 0...1 ~= $0 })
    #expect(
      mixing(alpha, 0, 7) == mixing(alpha, 0, 7) && mixing(alpha, 0, 7) != mixing(alpha, 0, 8))
    let one = mixing(alpha, 0, 3)
    #expect(one.rows == 0..<20 && one.columns == 0..<30 && one.share == one.weight)
  }

  @Test func partsAreCutOut() {
    let all = (0..<4000).map { mixing(0, 1, $0) }
    for one in all {
      #expect(one.weight == 1 && one.rows.upperBound <= 20 && one.columns.upperBound <= 30)
      #expect(one.share == Float(one.rows.count * one.columns.count) / 600)
      // The whole part has the picture's shape.
      if one.rows.lowerBound > 0, one.rows.upperBound < 20, one.columns.lowerBound > 0,
        one.columns.upperBound < 30
      {
        #expect(abs(one.rows.count * 3 - one.columns.count * 2) <= 4)
      }
    }
    // The share's mean, with what the edges cut off: ∫ w · (1 − √w / 4)² dw.
    let mean = all.reduce(0) { $0 + Double($1.share) } / 4000
    #expect(abs(mean - 0.32) < 0.03)
    let either = (0..<1000).count { mixing(1, 1, $0).weight == 1 }
    #expect(abs(either - 500) < 60)
  }
}
