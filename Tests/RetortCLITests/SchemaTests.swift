import Foundation
import RetortFormats
import RetortRuns
import RetortTestSupport
import Testing

/// What commands print with `--json` and what runs leave, beside `Documentation/schemas`.
@Suite struct SchemaTests {
  private func check(_ outcome: CommandLineTool.Outcome, _ name: String, status: Int32 = 0) throws {
    #expect(outcome.status == status && outcome.errors.isEmpty, "\(name): \(outcome.errors)")
    try JSONSchema("commands", "#/$defs/\(name)").check(outcome.json())
  }

  @Test func aRunsFilesAreAsDocumented() throws {
    let small = try SmallRun(variants: 1)
    let cpu = ["--device", "cpu"]
    let kept = ["--set", "stages.*.data.validation=10", "--set", "stages.*.train.keep=best"]
    let run = try small.retort(["run", "small.yaml", "--output", "out", "--json"] + kept + cpu)
    try check(run, "run")
    let heir = """
      version: 1
      name: heir
      data: {name: fashion-mnist, directory: pictures, labelled: 20}
      teacher: {model: resnet8, width: 2, weights: out}
      student: {model: lenet5-small}
      train: {steps: 2, batch: 4}
      """
    try small.write(Array(heir.utf8), to: "heir.yaml")
    try check(try small.retort(["run", "heir.yaml", "-o", "heir", "--json"] + cpu), "run")
    let explored = try small.retort(
      ["explore", "out", "--parents", "16", "--shown", "2", "--bounds", "--json"] + cpu)
    try check(explored, "explore")
    let bounds = try explored.json()["bounds"]
    #expect(bounds?["examples"]?.int == 16 && bounds?["codes"]?.int == 3)
    #expect(bounds?["figures"]?.members?.map(\.key) == BoundsFigure.allCases.map(\.rawValue))
    var seen: Set<String> = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: small.path).sorted() {
      let file = name.split(separator: "/").last.map(String.init) ?? name
      guard file.hasSuffix(".json") || file.hasSuffix(".jsonl") else { continue }
      let schema = file == "sessions.jsonl" ? "session" : String(file.prefix { $0 != "." })
      seen.insert(schema)
      let bytes = try small.read(name)
      let values = file.hasSuffix("l") ? bytes.split(separator: UInt8(ascii: "\n")) : [bytes[...]]
      #expect(!values.isEmpty)
      for value in values {
        do {
          try JSONSchema(schema).check(try JSONValue.parse(value, path: name))
        } catch { Issue.record("\(name): \(error)") }
      }
    }
    #expect(
      seen == [
        "result", "evaluation", "explored", "bounds", "metrics", "session", "weights", "config",
      ])

    try check(try small.retort(["report", "out", "--json"]), "report")
    let page = String(decoding: try small.read("out/report.html"), as: UTF8.self)
    #expect(page.contains("reconstructions that keep the teacher's label"))
    let folder = ["--directory", "pictures", "--json"]
    try check(
      try small.retort(["eval", "out", "--teacher", "out/stages/teacher"] + folder + cpu), "eval")
    try check(try small.retort(["eval", "out"] + folder + cpu), "eval")
    try PNGImage(width: 28, height: 28, channels: 1, pixels: [UInt8](repeating: 9, count: 784))
      .write(to: small.path + "/a.png")
    try check(try small.retort(["predict", "out", "a.png", "--json"] + cpu), "predict")
    let weights = "out/student/model.safetensors"
    try check(try small.retort(["inspect", weights, "--json"]), "inspectTensors")
    try JSONSchema("result").check(try small.retort(["inspect", "out", "--json"]).json())
  }

  @Test func configurationsWithUnknownKeysAreRefused() throws {
    let small = try SmallRun()
    let config = #"{"model":"mlp","classes":10,"optoins":{"hidden":3}}"#
    try small.write(Array(config.utf8), to: "model/config.json")
    try small.write([2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), to: "model/model.safetensors")
    let eval = try small.retort(["eval", "model", "--device", "cpu"])
    #expect(eval.status == 1)
    #expect(
      eval.errors.contains("model/config.json: unknown key 'optoins', the nearest is 'options'"),
      "\(eval.errors)")
  }

  @Test func runFilesWithUnknownKeysAreNotShown() throws {
    let small = try SmallRun()
    for (file, key, nearest) in [
      ("out/result.json", "accurary", nil), ("copied.json", "seeed", "seed"),
      ("out/evaluation.json", "confusoin", "confusion"), ("config.json", "modle", "model"),
    ] {
      try small.write(Array(#"{"\#(key)":1}"#.utf8), to: file)
      let run = try small.retort(["inspect", file == "out/result.json" ? "out" : file])
      #expect(run.status == 1 && run.output.isEmpty)
      let words = "\(file): unknown key '\(key)'"
      #expect(run.errors.contains(words), "\(run.errors)")
      if let nearest { #expect(run.errors.contains("'\(nearest)'"), "\(run.errors)") }
    }
  }

  @Test func factsAreAsDocumented() throws {
    let small = try SmallRun()
    try check(try small.retort(["check", "small.yaml", "--json"]), "check")
    try check(try small.retort(["list", "--json"]), "list")
    try check(try small.retort(["list", "datasets", "--json"]), "list")
    try check(try small.retort(["explain", "adam", "--json"]), "explain")
    try check(try small.retort(["copy", "fashion-kd", "--json"]), "copy")
    try check(try small.retort(["devices", "--json"]), "devices")
    let bench = ["--device", "cpu", "--repeats", "1", "--json"]
    try check(
      try small.retort(["bench", "step", "--models", "mlp", "--batch", "2"] + bench), "benchStep")
    try check(
      try small.retort(["bench", "kernels", "--names", "softmax-kl-128x10"] + bench), "benchKernels"
    )
    try PictureFolders.write(to: small.path + "/photos", count: 9)
    let loading = ["bench", "loading", "photos", "--size", "16", "--batch"]
    try check(try small.retort(loading + ["8", "--json"]), "benchLoading")
    let few = try small.retort(loading + ["24"])
    #expect(few.errors.contains("photos has 24 training pictures; two batches of 24 are needed"))
  }

  /// Every fault with its place, on the standard output alone.
  @Test func faultsAreJSONToo() throws {
    let small = try SmallRun()
    try small.write(Array("version: 1\nnme: a\nstudent: {model: mpl}\n".utf8), to: "r.yaml")
    let faulty = try small.retort(["check", "r.yaml", "--json"])
    try check(faulty, "check", status: 2)
    let faults = try #require(try faulty.json()["faults"]?.array)
    #expect(faults.count == 3)
    let key = try #require(faults.first { $0["line"]?.int == 2 })
    #expect(key["file"]?.string == "r.yaml" && key["column"]?.int == 1)
    #expect(key["message"]?.string == "unknown key 'nme' in the recipe. Did you mean 'name'?")
    let override = try small.retort(["check", "small.yaml", "--json", "--set", "seed=x"])
    try check(override, "check", status: 2)
    #expect(try override.json()["faults"]?.array?[0]["override"]?.string == "seed=x")
    let absent = try small.retort(["check", "none.yaml", "--json"])
    try check(absent, "check", status: 2)
    #expect(try absent.json()["faults"]?.array?[0]["file"]?.string == "none.yaml")
  }
}
