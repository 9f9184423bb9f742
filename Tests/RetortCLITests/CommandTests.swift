import RetortFormats
import RetortTestSupport
import Testing

@Suite struct CommandTests {
  private static let commands = [
    "run", "check", "report", "eval", "predict", "explore", "export", "verify", "inspect", "list",
    "devices",
    "tune",
    "fetch",
    "bench",
  ]

  @Test func helpNamesEveryCommand() throws {
    let help = try CommandLineTool.run(["--help"])
    #expect(help.status == 0)
    for command in Self.commands { #expect(help.output.contains("\n  \(command) ")) }
    #expect(help.errors.isEmpty)
  }

  @Test(arguments: commands) func everyCommandHasHelp(_ command: String) throws {
    let help = try CommandLineTool.run([command, "--help"])
    #expect(help.status == 0)
    #expect(help.output.contains("USAGE: retort \(command)"))
  }

  @Test(arguments: [
    (["nothing"], "nothing"),
    (["run"], "recipe"),
    (["run", "no-such-recipe"], "no-such-recipe"),
    (["check", "fashion-demo", "--set", "sed=2"], "sed"),
    (["check", "fashion-demo", "--set", "stages.distil.train.batch=0"], "train.batch"),
    (["check", "fashion-demo", "--set", "compute=fp8"], "float32, tf32, bf16 or fp16"),
    (["explore", "fashion-demo", "--parents", "0"], "--parents"),
    (["explore", "fashion-demo", "--parents", "3", "--bounds"], "from 4 to 5000 --parents"),
    (["explore", "fashion-demo", "--bounds", "--output", "-"], "--output"),
    (["explain", "kdd"], "Did you mean 'kd'?"),
    (["predict", "out", "a.png", "--top", "0"], "--top"),
    (["copy", "fashion"], "fashion-demo"),
    (["bench", "step", "--models", "lenet6"], "'lenet5'"),
    (["bench", "step", "--models", ","], "--models"),
    (["bench", "step", "--batch", "0"], "--batch"),
    (["bench", "kernels", "--compute", "fp8"], "bf16"),
    (["verify", "--device", "sources:"], "sources:"),
    (
      ["verify", "--kernels", "--suites", "rows,xyz"],
      "There is no suite 'xyz'. There are: products"
    ),
    (["verify", "--kernels", "--suites", "optimisers"], "Did you mean 'optimizers'?"),
    (["verify", "--kernels", "a.safetensors"], "--kernels"),
    (["verify", "--suites", "rows"], "--kernels"),
  ])
  func aWrongCommandLineOrRecipeIsStatusTwo(_ arguments: [String], _ named: String) throws {
    let outcome = try CommandLineTool.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(named))
    #expect(outcome.output.isEmpty)
  }

  @Test(arguments: [
    (["eval", "/nonexistent/model"], "/nonexistent/model"),
    (["report", "/nonexistent/run"], "/nonexistent/run"),
    (["inspect", "/nonexistent/file.safetensors"], "/nonexistent/file.safetensors"),
    (["verify", "/nonexistent/case.safetensors"], "/nonexistent/case.safetensors"),
    (["explore", "fashion-demo", "--device", "cpu"], "stage 'teacher', which has not run"),
    (
      ["explore", "fashion-demo", "--device", "cpu", "--set", "compute=tf32"],
      "cannot multiply in tf32, only in float32"
    ),
    (
      ["run", "fashion-demo", "--device", "cpu", "--set", "compute=fp16"],
      "cannot multiply in fp16, only in float32"
    ),
    (["verify", "--device", "opencl:9"], "opencl:9"),
    (["verify", "--device", "sources:/proc/none"], "/proc/none"),
  ])
  func aFailureIsOneLineAndStatusOne(_ arguments: [String], _ named: String) throws {
    let outcome = try CommandLineTool.run(arguments)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(named))
    #expect(outcome.errors.hasPrefix("retort: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
    #expect(outcome.output.isEmpty)
  }

  @Test(arguments: [
    ["list", "models", "--json"], ["list", "recipes", "--json"],
    ["check", "fashion-demo", "--json"],
    ["devices", "--json"],
  ])
  func factsAreJSON(_ arguments: [String]) throws {
    let outcome = try CommandLineTool.run(arguments)
    #expect(outcome.status == 0)
    _ = try outcome.json()
  }

  /// The bundled cases on the processor; on OpenCL, where `VerificationTests` replays them all, two.
  @Test(arguments: ["cpu", "opencl"]) func verifyReportsEveryCase(_ device: String) throws {
    let files = ["losses/kd/case0", "training/mlp_sgd"].map {
      "\(CommandLineTool.goldens)/\($0).safetensors"
    }
    let outcome = try CommandLineTool.run(
      ["verify", "--device", device, "--json"] + (device == "cpu" || Sweep.isWhole ? [] : files))
    #expect(outcome.status == 0)
    try JSONSchema("commands", "#/$defs/verify").check(outcome.json())
    let cases = try #require(try outcome.json()["cases"]?.array)
    #expect(cases.count >= (device == "cpu" || Sweep.isWhole ? 7 : 2))
    for entry in cases {
      #expect(entry["file"]?.string != nil && entry["kind"]?.string != nil)
      let error = try #require(entry["losses"]?.double)
      #expect(error < 2e-5)
    }
  }

  @Test func verifyComparesKernelsInBothForms() throws {
    let arguments = ["verify", "--kernels", "--suites", "indexing", "--device", "opencl"]
    let outcome = try CommandLineTool.run(arguments)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      rows.map { $0.prefix(3) } == [
        ["suite", "form", "cases"], ["indexing", "vector", "7"], ["indexing", "tiled", "7"],
      ])
    let lines = try CommandLineTool.run(arguments + ["--json"]).output.split(separator: "\n")
    #expect(lines.count == 14)
    for line in lines {
      let entry = try JSONValue.parse(Array(line.utf8)[...], path: "output")
      try JSONSchema("commands", "#/$defs/verifyKernels").check(entry)
      #expect(entry["fault"] == .null && entry["form"]?.string != nil)
      #expect(try #require(entry["error"]?.double) <= #require(entry["tolerance"]?.double))
    }
  }
}
