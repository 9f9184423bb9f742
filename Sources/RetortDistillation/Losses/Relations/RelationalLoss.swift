import RetortSchema

/// A loss that relates results of modules to each other, or the outputs of both models where no modules are named.
public protocol RelationalLoss: DistillationLoss {
  /// The pairs of modules whose results are related; none for the outputs.
  var taps: [TapPair] { get set }
}

extension RelationalLoss {
  /// The pairs of modules; nil for none.
  fileprivate var namedTaps: [TapPair]? {
    get { taps.isEmpty ? nil : taps }
    set { taps = newValue ?? [] }
  }
}

extension Key where Root: RelationalLoss {
  /// The key of the pairs of modules.
  static var relatedTaps: Key<Root> {
    .list("taps", \.namedTaps, "the modules whose results are compared, if not the outputs")
  }
}
