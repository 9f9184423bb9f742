import RetortSchema

/// The normalisation of pictures that a model was trained with.
///
/// Pictures have samples from 0 to 1; the model gets `(x − mean) / std` per channel.
public struct NormalizationSpec: Equatable, Sendable {
  /// Where the numbers come from.
  public enum Kind: String, CaseIterable, Sendable {
    /// The recipe's `mean` and `std`.
    case custom
    /// Those of ImageNet's training pictures, by which most published classifiers were trained.
    case imagenet
    /// From −1 to 1: mean and deviation ½, as of many vision transformers.
    case symmetric
  }

  /// Where the numbers come from.
  public var kind = Kind.custom
  /// The means of a custom normalisation, one per channel or one for all.
  var customMean = [0.0]
  /// The deviations of a custom normalisation, one per channel or one for all.
  var customDeviation = [1.0]

  /// None: mean 0 and deviation 1.
  public init() {}

  /// A normalisation by the given numbers, one of each per channel or one for all; deviations are > 0.
  public init(mean: [Double], deviation: [Double]) {
    (customMean, customDeviation) = (mean, deviation)
  }

  /// The mean of each channel, or one for all.
  public var mean: [Double] {
    switch kind {
    case .custom: customMean
    case .imagenet: [0.485, 0.456, 0.406]
    case .symmetric: [0.5]
    }
  }

  /// The deviation of each channel, or one for all.
  public var deviation: [Double] {
    switch kind {
    case .custom: customDeviation
    case .imagenet: [0.229, 0.224, 0.225]
    case .symmetric: [0.5]
    }
  }
}

extension NormalizationSpec: Configurable {
  /// The keys of a model's `normalization`.
  public static let keys: [Key<NormalizationSpec>] = [
    .choice("kind", \.kind, "custom for 'mean' and 'std', or numbers that many models share"),
    .numbers(
      "mean", \.customMean, NumberRange(-1e6, 1e6), "what maps to 0, per channel or one for all"
    ).only(with: "kind", ["custom"]),
    .numbers(
      "std", \.customDeviation, .positive(), "what it is divided by, per channel or one for all"
    ).only(with: "kind", ["custom"]),
  ]
  /// The kind may stand alone.
  public static let shorthand: String? = "kind"
}
