extension TuningTable {
  /// What searches found on devices that are known; empty for others.
  static func baked(for device: OpenCLDevice) -> TuningTable {
    let rows = known.filter { device.name.hasPrefix($0.device) }.flatMap(\.choices)
    return TuningTable(
      Dictionary(
        rows.compactMap { key, text in TuningChoice(text).map { (TuningKey(key), $0) } },
        uniquingKeysWith: { $1 }))
  }

  /// Beginnings of devices' names, with keys and choices as `retort tune` stores them.
  private static let known: [(device: String, choices: [(String, String)])] = []
}
