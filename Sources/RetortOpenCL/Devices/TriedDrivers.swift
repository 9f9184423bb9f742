extension OpenCLPlatform {
  /// What Retort's tests have run on a driver of this name, and with what result.
  public var record: String {
    Self.records.first { $0.platform == name }?.record
      ?? "not tried yet; 'retort verify' tells whether it computes what it should"
  }

  private static let records: [(platform: String, record: String)] = [
    ("Portable Computing Language", "all tests pass on PoCL 3.1"),
    (
      "Intel(R) OpenCL",
      "on Intel's runtime 2026.22 for CPUs recorded cases and all kernel cases pass in both forms"
    ),
    (
      "rusticl",
      "on Mesa 22.3's llvmpipe recorded cases and all kernel cases pass in the tiled form"
    ),
    ("Clover", "no version offers OpenCL 1.2"),
    ("Oclgrind", "kernel tests pass on Oclgrind 21.10, without data races"),
  ]
}
