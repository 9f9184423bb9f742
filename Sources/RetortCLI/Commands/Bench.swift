import ArgumentParser

/// `retort bench`: measurements of speed on a device.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures speed.",
    subcommands: [BenchStep.self, BenchKernels.self, BenchLoading.self],
    defaultSubcommand: BenchStep.self)
}
