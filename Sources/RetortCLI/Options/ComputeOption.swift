import ArgumentParser
import RetortCore

/// `--compute`: the number format of products and convolutions in a benchmark.
struct ComputeOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What products and convolutions multiply in: float32, tf32, bf16 or fp16.",
      valueName: "type"))
  var compute = ComputeType.float32
}

extension ComputeType: ExpressibleByArgument {}
