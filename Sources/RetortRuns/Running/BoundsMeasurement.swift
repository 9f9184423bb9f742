import RetortDistillation

/// What models made of examples, for the figures of a `BoundsReport`.
struct BoundsMeasurement {
  /// Examples of one kind.
  struct Sample {
    /// The teacher's features.
    let features: Points
    /// The class that the teacher names.
    let classes: [Int]
    /// How far student and teacher are apart on each.
    let mismatch: [Double]
  }

  /// What lies at two codes each.
  struct Pairs {
    /// How far codes are apart, the pictures made of them, and the mismatches there.
    let codes, pixels, mismatch: [Double]
  }

  /// What an encoder makes of the training examples.
  struct Encoded {
    let codes: Points
    let reconstructed: Sample
    /// How far each reconstruction is from its original, in pixels.
    let errors: [Double]
    /// How far the search moves codes; nil where it starts from none.
    let moves: [Double]?
    /// Codes and what a small step makes of them, and codes of two examples.
    let near, far: Pairs
  }

  /// The training examples that the search starts from, the test examples, and what is found.
  let training, heldOut, explored: Sample
  /// The training examples' pixels.
  let pixels: Points
  /// How far each explored example is from its original, in pixels; nil where it has none.
  let moves: [Double]?
  /// Nil without an encoder.
  let encoded: Encoded?
  /// What random numbers depend on.
  let seed: UInt64

  /// The figures.
  var figures: [BoundsFigure: Estimate] {
    var found: [BoundsFigure: Estimate] = [:]
    add(
      explored, .exploredPrecision, .exploredRecall, .exploredTwoSample, .exploredTwoSampleP,
      to: &found)
    found[.pixelTwoNearest] = IntrinsicDimension.twoNearest(of: pixels, seed: seed)
    found[.pixelLikeliest] = IntrinsicDimension.likeliest(of: pixels)
    found[.featureTwoNearest] = IntrinsicDimension.twoNearest(of: training.features, seed: seed)
    found[.featureLikeliest] = IntrinsicDimension.likeliest(of: training.features)
    if let encoded { add(encoded, to: &found) }
    addMismatch(to: &found)
    return found
  }

  /// How near a sample comes to the test examples.
  private func add(
    _ sample: Sample, _ precision: BoundsFigure, _ recall: BoundsFigure,
    _ accuracy: BoundsFigure, _ pValue: BoundsFigure, to found: inout [BoundsFigure: Estimate]
  ) {
    let covered = SamplePrecision(generated: sample.features, data: heldOut.features)
    (found[precision], found[recall]) = (covered.precision, covered.recall)
    let test = TwoSampleTest(sample.features, heldOut.features, seed: seed)
    (found[accuracy], found[pValue]) = (test.accuracy, Estimate(test.pValue))
  }

  private func add(_ encoded: Encoded, to found: inout [BoundsFigure: Estimate]) {
    let made = encoded.reconstructed
    let kept = zip(training.classes, made.classes).count { $0 == $1 }
    found[.labelsKept] = .share(kept, of: training.classes.count)
    let error = Estimate.mean(encoded.errors)
    found[.pixelError] = error
    found[.pixelErrorPerSample] = error.scaled(by: 1 / Double(pixels.width).squareRoot())
    let change = Estimate.mean(training.features.distances(to: made.features))
    found[.featureError] = change
    let usual = training.features.meanStep
    if usual > 0 { found[.featureErrorShare] = change.scaled(by: 1 / usual) }
    add(
      made, .reconstructionPrecision, .reconstructionRecall, .reconstructionTwoSample,
      .reconstructionTwoSampleP, to: &found)
    found[.codeTwoNearest] = IntrinsicDimension.twoNearest(of: encoded.codes, seed: seed)
    found[.codeLikeliest] = IntrinsicDimension.likeliest(of: encoded.codes)
    addSteepness(encoded, to: &found)
  }

  private func addSteepness(_ encoded: Encoded, to found: inout [BoundsFigure: Estimate]) {
    let (near, far) = (encoded.near, encoded.far)
    if let decoder = Steepness(changes: near.pixels, distances: near.codes) {
      found[.decoderNearMean] = decoder.mean
      found[.decoderNearGreatest] = Estimate(decoder.greatest)
    }
    if let decoder = Steepness(changes: far.pixels, distances: far.codes) {
      found[.decoderFarMean] = decoder.mean
      found[.decoderFarGreatest] = Estimate(decoder.greatest)
    }
    found[.mismatchByCodeMean] =
      Steepness(changes: near.mismatch, distances: near.codes)?.mean
    let changes = near.mismatch + far.mismatch
    found[.mismatchByCodeGreatest] = Steepness(changes: changes, distances: near.codes + far.codes)
      .map { Estimate($0.greatest) }
    guard let steepness = Steepness(changes: changes, distances: near.pixels + far.pixels)
    else { return }
    found[.mismatchByPixelGreatest] = Estimate(steepness.greatest)
    if let moves { found[.gapByPixels] = Estimate.mean(moves).scaled(by: steepness.greatest) }
    if let moves = encoded.moves, let error = found[.pixelError],
      let decoder = Steepness(
        changes: near.pixels + far.pixels, distances: near.codes + far.codes)
    {
      let moved = decoder.greatest * Estimate.mean(moves).value
      found[.gapByCodes] = Estimate(steepness.greatest * (error.value + moved))
    }
  }

  private func addMismatch(to found: inout [BoundsFigure: Estimate]) {
    found[.trainingMismatch] = .mean(training.mismatch)
    found[.trainingVariance] = .variance(training.mismatch)
    found[.heldOutMismatch] = .mean(heldOut.mismatch)
    found[.heldOutVariance] = .variance(heldOut.mismatch)
    found[.exploredMismatch] = .mean(explored.mismatch)
    found[.exploredVariance] = .variance(explored.mismatch)
    let greatest = (training.mismatch + heldOut.mismatch + explored.mismatch).max() ?? 0
    found[.greatestMismatch] = Estimate(greatest)
    let signs = randomSigns(explored.mismatch, seed: seed)
    let gap = Estimate.gap(heldOut.mismatch, explored.mismatch)
    (found[.randomSigns], found[.gap]) = (signs, gap)
    let bound = MismatchBound(
      explored.mismatch, signs: signs.value, gap: gap.value, greatest: greatest)
    found[.deviation] = Estimate(bound.deviation)
    found[.varianceDeviation] = Estimate(bound.varianceDeviation)
    found[.boundByRange] = Estimate(bound.byRange)
    found[.boundByVariance] = Estimate(bound.byVariance)
  }
}
