import Foundation
import RetortFormats
import RetortTestSupport
import Testing

@Suite struct RunTests {
  /// A run small enough for a test: a teacher, a generator and a student that explores.
  private let recipe = """
    version: 1
    name: small
    stages:
      - name: teacher
        data: {name: fashion-mnist, labelled: 200}
        teacher: {model: mlp}
        losses: [{kind: cross-entropy}]
        train: {steps: 30, batch: 20, log-every: 10}
      - name: generator
        data: {name: fashion-mnist, labelled: 200}
        generator: {model: conv-vae, latent: 4}
        losses: [{kind: vae}]
        train: {steps: 5, batch: 20, log-every: 5}
      - name: distil
        data: {name: fashion-mnist, labelled: 40}
        teacher: {from: teacher}
        generator: {from: generator}
        student: {model: mlp}
        losses: [{kind: cross-entropy}, {kind: kd, temperature: 4}]
        explore: {kind: first, steps: 1, step: {displacement: 0.5}, noise: 1.0}
        train: {steps: 6, batch: 10, log-every: 2}
    """

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try recipe.write(
      to: folder.appendingPathComponent("small.yaml"), atomically: true, encoding: .utf8)
    try body(folder.path)
  }

  @Test(arguments: ["cpu", "opencl"]) func aRunLeavesItsFolder(_ device: String) throws {
    try withFolder { folder in
      let run = try CommandLineTool.run(
        ["run", "small.yaml", "--device", device, "--output", "out", "--json"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.json()["stages"]?.array?.count == 3)
      let out = folder + "/out"
      for file in [
        "recipe.yaml", "metrics.jsonl", "result.json", "student/model.safetensors",
        "student/config.json", "student/model.onnx", "stages/teacher/teacher/model.safetensors",
        "stages/generator/generator/model.onnx",
        "stages/distil/explored.png", "explored.png", "explored.json", "stages/distil/result.json",
        "report.html", "stages/distil/evaluation.json", "stages/generator/samples.png",
        "sessions.jsonl",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(out)/\(file)"), "\(file)")
      }
      let lines = try String(contentsOfFile: out + "/metrics.jsonl", encoding: .utf8)
      for line in lines.split(separator: "\n") {
        let entry = try JSONValue.parse(Array(line.utf8)[...], path: "metrics.jsonl")
        #expect(entry["step"]?.int != nil && entry["split"]?.string != nil)
      }
      for (stage, tags) in [
        ("teacher", ["cross-entropy", "accuracy/test", "nll/test", "ece/test"]),
        ("generator", ["latent-kl", "samples"]), ("distil", ["explored", "agreement/test"]),
      ] {
        let home = "\(out)/stages/\(stage)"
        let events = try FileManager.default.contentsOfDirectory(atPath: home)
          .filter { $0.hasPrefix("events.out.tfevents.") }
        #expect(events.count == 1, "\(stage)")
        let content = try Data(contentsOf: URL(fileURLWithPath: "\(home)/\(events[0])"))
        for tag in tags { #expect(content.range(of: Data(tag.utf8)) != nil, "\(stage): \(tag)") }
      }
      let session = try JSONValue.parse(
        try FileBytes.read(out + "/sessions.jsonl").dropLast(), path: "sessions.jsonl")
      #expect(session["command"]?.string?.hasSuffix("--output out --json") == true)
      // The report can be drawn again, of this run and beside itself.
      let page = try Data(contentsOf: URL(fileURLWithPath: out + "/report.html"))
      for (arguments, file) in [([out], out + "/report.html"), ([out, out], "report.html")] {
        let report = try CommandLineTool.run(["report", "--json"] + arguments, in: folder)
        #expect(report.status == 0, "\(report.errors)")
        #expect(try report.json()["file"]?.string == file)
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: out + "/report.html")) == page)
      #expect(FileManager.default.fileExists(atPath: folder + "/report.html"))

      // The run's own recipe is a recipe, with the hash that the result names.
      let check = try CommandLineTool.run(["check", out + "/recipe.yaml", "--json"])
      let result = try JSONValue.parse(
        Array(try Data(contentsOf: URL(fileURLWithPath: out + "/result.json")))[...],
        path: "result.json")
      #expect(try check.json()["recipeSHA256"]?.string == result["recipeSHA256"]?.string)

      // The student scores as the run said.
      let eval = try CommandLineTool.run(["eval", out, "--device", device, "--json"])
      #expect(eval.status == 0, "\(eval.errors)")
      #expect(
        try eval.json()["model"]?["accuracy"]?.double == result["student"]?["accuracy"]?.double)

      // On OpenCL each would compile kernels of its own for what the run has done.
      if device == "cpu" || Sweep.isWhole { try expectExploration(in: folder, on: device) }
    }
  }

  /// A run and a recipe with weights explore alike but for the student.
  private func expectExploration(in folder: String, on device: String) throws {
    let explored = try CommandLineTool.run(
      ["explore", folder + "/out", "--device", device, "--parents", "16", "--json"], in: folder)
    #expect(explored.status == 0, "\(explored.errors)")
    #expect(try explored.json()["steps"]?.array?.count == 2)
    let stages = folder + "/out/stages"
    let recipe = try CommandLineTool.run(
      [
        "explore", "fashion-tgt", "--device", device, "--parents", "16", "--json",
        "--set", "teacher={model: mlp, weights: \(stages)/teacher/teacher/model.safetensors}",
        "--set",
        "generator={model: conv-vae, latent: 4, "
          + "weights: \(stages)/generator/generator/model.safetensors}",
      ], in: folder)
    #expect(recipe.status == 0, "\(recipe.errors)")
    #expect(try recipe.json()["steps"]?.array?.count == 3)
    #expect(FileManager.default.fileExists(atPath: folder + "/explored.png"))
  }

  @Test func aPipeIsToldLittle() throws {
    try withFolder { folder in
      let run = try CommandLineTool.run(
        [
          "run", "small.yaml", "--device", "cpu", "--output", "out", "--set",
          "stages.teacher.train.log-every=1",
        ], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      // The first and the last of thirty; the losses, rate, speed and memory are in each.
      let lines = run.output.split(separator: "\n").filter { $0.contains("/30  ") }
      #expect((2...4).contains(lines.count), "\(lines)")
      for part in ["step 1/30", "left", "cross-entropy", "rate 1.0e-3", "examples/s", "MiB"] {
        #expect(lines.first?.contains(part) == true, "\(part)")
      }
      #expect(lines.last?.contains("step 30/30  100 %") == true)
      #expect(!run.output.contains("\r"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM]) func aSignalLeavesACheckpoint(_ signal: Int32) throws {
    try withFolder { folder in
      var isSent = false
      let run = try CommandLineTool.run(
        [
          "run", "small.yaml", "--device", "cpu", "--output", "out", "--set",
          "stages.teacher.train.steps=1000000",
        ], in: folder
      ) { process in
        guard !isSent, CommandLineTool.metricLines(in: folder + "/out") > 1 else { return }
        isSent = true
        kill(process.processIdentifier, signal)
      }
      #expect(isSent)
      #expect(run.status == 1)
      #expect(run.errors.contains("interrupted after step"))
      let checkpoints = try FileManager.default.contentsOfDirectory(
        atPath: folder + "/out/stages/teacher/checkpoints")
      #expect(checkpoints.count == 1)
    }
  }
}
