import RetortDistillation
import Testing

@testable import RetortRuns

/// The figures of examples that are laid out by hand.
@Suite struct BoundsMeasurementTests {
  private typealias Sample = BoundsMeasurement.Sample
  private typealias Pairs = BoundsMeasurement.Pairs

  /// Twelve points on a line, one apart, in four coordinates, of which one is `height`.
  private static func line(_ height: Float) -> Points {
    Points((0..<12).flatMap { [Float($0), height, 0, 0] }, count: 12)
  }

  private static func measurement(isEncoded: Bool) -> BoundsMeasurement {
    func sample(_ height: Float, _ mismatch: Double, changed: Int = 0) -> Sample {
      Sample(
        features: line(height), classes: (0..<12).map { $0 < changed ? 1 : 0 },
        mismatch: (0..<12).map { $0 == 0 ? 12 * mismatch : 0 })
    }
    func all(_ value: Double) -> [Double] { Array(repeating: value, count: 12) }
    return BoundsMeasurement(
      training: sample(0, 0.5), heldOut: sample(0.25, 0.25), explored: sample(30, 1.25),
      pixels: line(0), moves: all(3),
      encoded: isEncoded
        ? .init(
          codes: line(0), reconstructed: sample(0.5, 0, changed: 3), errors: all(1),
          moves: all(2), near: Pairs(codes: all(0.5), pixels: all(1), mismatch: all(0.25)),
          far: Pairs(codes: all(4), pixels: all(4), mismatch: all(8))) : nil,
      seed: 1)
  }

  @Test func figuresAreOfWhatTheySay() throws {
    let figures = Self.measurement(isEncoded: true).figures
    let expected: [BoundsFigure: Double] = [
      .labelsKept: 0.75, .pixelError: 1, .pixelErrorPerSample: 0.5, .featureError: 0.5,
      .featureErrorShare: 0.5, .reconstructionPrecision: 1, .reconstructionRecall: 1,
      .exploredPrecision: 0, .exploredRecall: 0, .exploredTwoSample: 1,
      .decoderNearMean: 2, .decoderNearGreatest: 2, .decoderFarMean: 1, .decoderFarGreatest: 1,
      .mismatchByCodeMean: 0.5, .mismatchByCodeGreatest: 2, .mismatchByPixelGreatest: 2,
      .trainingMismatch: 0.5, .heldOutMismatch: 0.25, .exploredMismatch: 1.25,
      // Twelve times the mean, once: its variance is twelve times the mean's square.
      .trainingVariance: 3, .heldOutVariance: 0.75, .exploredVariance: 18.75,
      .greatestMismatch: 15, .randomSigns: 1.25, .gap: 1,
      // The mismatch's steepness times how far pictures move, and times 1 and twice how far codes move.
      .gapByPixels: 6, .gapByCodes: 10,
    ]
    for (figure, value) in expected {
      let found = try #require(figures[figure], "\(figure)").value
      #expect(abs(found - value) < 1e-6, "\(figure): \(found)")
    }
    func value(_ figure: BoundsFigure) throws -> Double { try #require(figures[figure]).value }
    let (range, variance) = try (value(.deviation), value(.varianceDeviation))
    let (byRange, byVariance) = try (value(.boundByRange), value(.boundByVariance))
    #expect(abs(byRange - (1.25 + 2.5 + range + 1)) < 1e-9)
    #expect(abs(byVariance - (1.25 + variance + 1)) < 1e-9)
  }

  @Test func withoutAnEncoderNothingIsSaidOfCodes() {
    let report = BoundsReport(
      stage: "a", examples: 12, pixels: 4, features: 4, codes: 0,
      figures: Self.measurement(isEncoded: false).figures)
    let known = BoundsFigure.allCases.filter { report.figures[$0] != nil }
    #expect(known.contains(.boundByRange) && known.contains(.exploredPrecision))
    for figure in [BoundsFigure.labelsKept, .codeLikeliest, .decoderFarMean, .gapByPixels] {
      #expect(!known.contains(figure), "\(figure)")
    }
    #expect(report.findings.count == 3 && !report.groups.contains { $0.title.contains("steep") })
    #expect(BoundsReport(report.json) == report)
  }
}
