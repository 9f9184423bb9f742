extension TuningTable {
  /// The choices that searches found on known devices; empty for others.
  static func baked(for device: OpenCLDevice) -> TuningTable {
    let rows = known.filter { device.name.hasPrefix($0.device) }.flatMap(\.choices)
    return TuningTable(
      Dictionary(
        rows.compactMap { key, text in TuningChoice(text).map { (TuningKey(key), $0) } },
        uniquingKeysWith: { $1 }))
  }

  /// Beginnings of devices' names, with keys and choices as `retort tune` stores them.
  static let known: [(device: String, choices: [(String, String)])] = [
    // PoCL on two cores of an EPYC 9004: choices that at least two of three searches found.
    (
      "pthread-skylake-avx512-AMD EPYC",
      [
        ("vector matmul 1x128x512x784 nt fused", "columns=1 rows=8 vectors=2"),
        ("vector matmul 1x128x256x512 nt fused", "block=32 columns=1 rows=4 vectors=2"),
        ("vector matmul 1x128x84x120 nt fused", "block=8"),
        ("vector matmul 1x128x10x84 nt fused", "block=8 columns=1 rows=8 vectors=1"),
        ("vector convolution forward 128x28x28x1 3x3x16 s1 p1", "columns=14 rows=1 vectors=1"),
      ]
    )
  ]
}
