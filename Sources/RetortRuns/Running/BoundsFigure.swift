/// A figure of a `BoundsReport`: its key in `bounds.json`, where it is shown, and as what.
public enum BoundsFigure: String, CaseIterable, Sendable {
  case labelsKept, pixelError, pixelErrorPerSample, featureError, featureErrorShare
  case reconstructionPrecision, reconstructionRecall, exploredPrecision, exploredRecall
  case reconstructionTwoSample, reconstructionTwoSampleP, exploredTwoSample, exploredTwoSampleP
  case pixelTwoNearest, pixelLikeliest, featureTwoNearest, featureLikeliest
  case codeTwoNearest, codeLikeliest
  case decoderNearMean, decoderNearGreatest, decoderFarMean, decoderFarGreatest
  case mismatchByCodeMean, mismatchByCodeGreatest, mismatchByPixelGreatest
  case trainingMismatch, trainingVariance, heldOutMismatch, heldOutVariance
  case exploredMismatch, exploredVariance, greatestMismatch
  case randomSigns, deviation, varianceDeviation, gap, gapByPixels, gapByCodes
  case boundByRange, boundByVariance

  /// What figures are shown together, in order.
  public enum Group: String, CaseIterable, Sendable {
    case generator = "how faithful the generator is"
    case difference = "how what is made differs from data"
    case dimension = "coordinates that matter"
    case steepness = "how steep the decoder and the mismatch are"
    case mismatch = "mismatch of student and teacher"
    case bound = "bound on the mismatch on data"
  }

  /// How a figure is written.
  enum Form {
    case percent
    /// Small ones by what they are less than.
    case probability
    case decimals(Int)
  }

  /// Where it is shown.
  public var group: Group { description.group }
  /// What it is, in a line.
  public var title: String { description.title }
  /// How it is written.
  var form: Form { description.form }

  private var description: (group: Group, title: String, form: Form) {
    switch self {
    case .labelsKept:
      (.generator, "reconstructions that keep the teacher's label", .percent)
    case .pixelError: (.generator, "distance of reconstructions in pixels", .decimals(3))
    case .pixelErrorPerSample:
      (.generator, "the same, root mean square of a sample", .decimals(4))
    case .featureError: (.generator, "distance in the teacher's features", .decimals(3))
    case .featureErrorShare:
      (.generator, "the same, of the distance of two examples", .percent)
    case .reconstructionPrecision:
      (.generator, "precision of reconstructions (k = 3)", .percent)
    case .reconstructionRecall: (.generator, "recall of reconstructions (k = 3)", .percent)
    case .exploredPrecision: (.generator, "precision of explored examples (k = 3)", .percent)
    case .exploredRecall: (.generator, "recall of explored examples (k = 3)", .percent)
    case .reconstructionTwoSample:
      (.difference, "accuracy of telling reconstructions from data", .percent)
    case .reconstructionTwoSampleP:
      (.difference, "p-value of that, if they did not differ", .probability)
    case .exploredTwoSample:
      (.difference, "accuracy of telling explored examples from data", .percent)
    case .exploredTwoSampleP:
      (.difference, "p-value of that, if they did not differ", .probability)
    case .pixelTwoNearest: (.dimension, "of pixels, by two neighbours", .decimals(1))
    case .pixelLikeliest: (.dimension, "of pixels, by ten neighbours", .decimals(1))
    case .featureTwoNearest:
      (.dimension, "of the teacher's features, by two neighbours", .decimals(1))
    case .featureLikeliest:
      (.dimension, "of the teacher's features, by ten neighbours", .decimals(1))
    case .codeTwoNearest: (.dimension, "of latent codes, by two neighbours", .decimals(1))
    case .codeLikeliest: (.dimension, "of latent codes, by ten neighbours", .decimals(1))
    case .decoderNearMean: (.steepness, "decoder, mean over small steps", .decimals(3))
    case .decoderNearGreatest:
      (.steepness, "decoder, greatest over small steps", .decimals(3))
    case .decoderFarMean: (.steepness, "decoder, mean over pairs of codes", .decimals(3))
    case .decoderFarGreatest:
      (.steepness, "decoder, greatest over pairs of codes", .decimals(3))
    case .mismatchByCodeMean:
      (.steepness, "mismatch by codes, mean over small steps", .decimals(3))
    case .mismatchByCodeGreatest:
      (.steepness, "mismatch by codes, greatest over all pairs", .decimals(3))
    case .mismatchByPixelGreatest:
      (.steepness, "mismatch by pixels, greatest over all pairs", .decimals(3))
    case .trainingMismatch: (.mismatch, "mean on training examples", .decimals(4))
    case .trainingVariance: (.mismatch, "variance on training examples", .decimals(4))
    case .heldOutMismatch: (.mismatch, "mean on test examples", .decimals(4))
    case .heldOutVariance: (.mismatch, "variance on test examples", .decimals(4))
    case .exploredMismatch: (.mismatch, "mean on explored examples", .decimals(4))
    case .exploredVariance: (.mismatch, "variance on explored examples", .decimals(4))
    case .greatestMismatch: (.mismatch, "M, the greatest seen", .decimals(4))
    case .randomSigns: (.bound, "random signs of this student", .decimals(4))
    case .deviation: (.bound, "deviation of the mean, by range", .decimals(4))
    case .varianceDeviation: (.bound, "deviation of the mean, by variance", .decimals(4))
    case .gap: (.bound, "gap of the means on data and explored examples", .decimals(4))
    case .gapByPixels:
      (.bound, "what the gap can be, by how far examples move in pixels", .decimals(3))
    case .gapByCodes:
      (.bound, "the same, by reconstruction and how far codes move", .decimals(3))
    case .boundByRange: (.bound, "sum by range: mean, signs twice, deviation, gap", .decimals(4))
    case .boundByVariance: (.bound, "sum by variance: mean, deviation, gap", .decimals(4))
    }
  }
}
