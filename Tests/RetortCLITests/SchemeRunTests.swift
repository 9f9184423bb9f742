import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// Runs whose stages train several models.
@Suite struct SchemeRunTests {
  private static let recipe = """
    version: 1
    name: schemes
    data: {name: fashion-mnist, directory: pictures}
    checkpoints: {steps: 3}
    stages:
      - name: peers
        scheme: mutual
        data: {validation: 10}
        students:
          - {name: a, model: lenet5-small}
          - name: b
            model: resnet8
            width: 2
            optimizer: {kind: sgd, learning-rate: 0.05, average: {decay: 0.9}, clip-norm: 1}
        train: {steps: 10, batch: 10, log-every: 1, evaluate-every: 4}
      - name: gan
        scheme: {kind: adversarial, loss: hinge}
        generator: {model: dcgan, latent: 3, width: 2}
        discriminator: {model: dcgan-discriminator, width: 2}
        optimizer: {kind: adam, beta1: 0.5}
        train: {steps: 10, batch: 10, log-every: 1}
      - name: heirs
        teacher: {from: peers, learner: b}
        generator: {from: gan}
        students:
          - {model: mlp, hidden1: 4, hidden2: 0}
          - {name: grown, from: peers, learner: a}
        explore: samples
        losses: [cross-entropy, kd]
        train: {steps: 6, batch: 10, log-every: 1}

    """

  private func folder(_ device: String) throws -> SmallRun {
    let small = try SmallRun()
    // A residual network's kernels take long to compile.
    let recipe =
      Sweep.isWhole || device == "cpu"
      ? Self.recipe
      : Self.recipe.replacing("resnet8\n        width: 2", with: "mlp\n        hidden1: 4")
    try small.write(Array(recipe.utf8), to: "schemes.yaml")
    return small
  }

  /// What a run leaves, on both backends; killed twice on the way, it leaves the same bits.
  @Test(arguments: ["cpu", "opencl"]) func aRunLeavesEveryModel(_ device: String) throws {
    let small = try folder(device)
    let whole = try small.retort(
      ["run", "schemes.yaml", "--device", device, "--output", "whole"])
    #expect(whole.status == 0, "\(whole.errors)")
    for text in [
      "training the student a and the student b", "training the discriminator and the generator",
      "peers/a", "gan/generator", "heirs/grown", "b/kd", "generator/adversarial",
    ] {
      #expect(whole.output.contains(text), "\(text)")
    }
    for file in [
      "stages/peers/students/a/model.safetensors", "stages/peers/students/b/evaluation.json",
      "stages/gan/generator/config.json", "stages/gan/discriminator/model.safetensors",
      "stages/gan/samples.png", "stages/heirs/students/mlp/explored.png",
      "students/grown/model.safetensors", "students/grown/explored.json", "report.html",
    ] {
      #expect(small.exists("whole/\(file)"), "\(file)")
    }
    var kills = 0
    for lines in [9, 14] {
      let enough = CommandLineTool.metricLines(in: small.path + "/out") + lines
      var isSent = false
      let run = try small.retort(arguments(small, device)) { process in
        guard !isSent, CommandLineTool.metricLines(in: small.path + "/out") >= enough else {
          return
        }
        isSent = true
        kill(process.processIdentifier, SIGKILL)
      }
      if run.status == 0 { break }
      kills += 1
    }
    #expect(kills > 0)
    let last = try small.retort(arguments(small, device))
    #expect(last.status == 0, "\(last.errors)")
    let (expected, found) = (try small.results(of: "whole"), try small.results(of: "out"))
    #expect(expected.keys.sorted() == found.keys.sorted())
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
    // A finished run says the same again, and its models serve later stages.
    let again = try small.retort(arguments(small, device))
    #expect(again.status == 0 && again.output.contains("heirs: ended before"), "\(again.errors)")
    if device == "cpu" { try expectAnswers(of: small) }
  }

  private func arguments(_ small: SmallRun, _ device: String) -> [String] {
    small.exists("out/recipe.yaml")
      ? ["run", "out", "--resume", "--device", device]
      : ["run", "schemes.yaml", "--output", "out", "--device", device]
  }

  /// What commands and files say of the models of a run.
  private func expectAnswers(of small: SmallRun) throws {
    let result = try JSONValue.read(small.path + "/whole/result.json", limit: 1 << 20)
    try JSONSchema("result").check(result)
    let stages = try #require(result["stages"]?.array)
    #expect(stages[0]["students"]?.members?.map(\.key) == ["a", "b"])
    #expect(stages[0]["students"]?["b"]?["last"]?["validation"]?["accuracy"]?.double != nil)
    #expect(stages[0]["student"] == nil && stages[0]["teacher"] == .null)
    #expect(
      stages[1]["generator"]?["parameters"]?.int == 3 * 49 * 4 + 2 * (4 + 2) + 4 * 2 * 16 + 32)
    #expect(stages[1]["discriminator"]?["accuracy"] == .null)
    #expect(stages[2]["students"]?["grown"]?["agreement"]?.double != nil)
    #expect(result["students"] == stages[2]["students"])
    // The mean over both is what chooses.
    let means = ["a", "b"].compactMap {
      stages[0]["students"]?[$0]?["last"]?["validation"]?["accuracy"]?.double
    }
    let mean = try #require(stages[0]["last"]?["validation"]?["accuracy"]?.double)
    #expect(means.count == 2 && abs(mean - (means[0] + means[1]) / 2) < 1e-9)

    let lines = try FileBytes.read(small.path + "/whole/metrics.jsonl")
      .split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse($0, path: "metrics") }
    for line in lines { try JSONSchema("metrics").check(line) }
    let kinds = Set(
      lines.map {
        "\($0["stage"]?.string ?? "") \($0["learner"]?.string ?? "") \($0["split"]?.string ?? "")"
      })
    #expect(
      kinds == [
        "peers a train", "peers b train", "peers a validation", "peers b validation",
        "peers a test", "peers b test", "gan discriminator train", "gan generator train",
        "heirs mlp train", "heirs grown train",
      ])
    let first = try #require(lines.first { $0["learner"]?.string == "b" })
    #expect(first["losses"]?.members?.map(\.key) == ["cross-entropy", "kd", "gradient-norm"])
    #expect(first["learningRate"]?.double == 0.05)

    let cpu = ["--directory", "pictures", "--device", "cpu"]
    let many = try small.retort(["eval", "whole/stages/peers"] + cpu)
    #expect(many.status == 1 && many.errors.contains("whole/stages/peers/students/b"))
    let one = try small.retort(["eval", "whole/stages/peers/students/b", "--json"] + cpu)
    #expect(
      try one.json()["model"]?["accuracy"]?.double
        == stages[0]["students"]?["b"]?["accuracy"]?.double, "\(one.errors)")
    let judge = try small.retort(["eval", "whole/stages/gan/discriminator"] + cpu)
    #expect(judge.errors.contains("is a discriminator"), "\(judge.errors)")
    let explored = try small.retort(
      [
        "explore", "whole/stages/heirs/students/grown", "--parents", "8", "--json", "--device",
        "cpu",
      ])
    #expect(try explored.json()["stage"]?.string == "heirs", "\(explored.errors)")

    for (stage, tags) in [
      ("peers", ["a/losses/kd", "b/accuracy/test", "b/loss/validation"]),
      ("gan", ["discriminator/losses/real", "generator/losses/adversarial", "samples"]),
    ] {
      let home = "\(small.path)/whole/stages/\(stage)"
      let events = try FileManager.default.contentsOfDirectory(atPath: home)
        .filter { $0.hasPrefix("events.out.tfevents.") }
      let content = try events.map { try FileBytes.read("\(home)/\($0)") }.joined()
      for tag in tags { #expect(Data(content).range(of: Data(tag.utf8)) != nil, "\(tag)") }
    }
    let page = String(
      decoding: try FileBytes.read(small.path + "/whole/report.html"), as: UTF8.self)
    for text in [
      ">a<", ">b<", "Discriminators", "Generators", ">grown<", "what the generator makes",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    let check = try small.retort(["check", "schemes.yaml", "--json"])
    try JSONSchema("commands", "#/$defs/check").check(check.json())
    let trained = try #require(try check.json()["stages"]?.array)
    #expect(trained[2]["trains"]?.array?[1]["model"]?.string == "lenet5-small")
    #expect(trained[1]["scheme"]?.string == "adversarial")
  }
}
