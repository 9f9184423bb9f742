import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// Teachers and students that are ONNX files.
@Suite struct ImportedModelTests {
  private static let recipe = """
    version: 1
    name: imported
    data: {name: fashion-mnist, directory: pictures}
    checkpoints: {steps: 3}
    stages:
      - name: distil
        teacher: {model: models/cnn.onnx}
        student: {model: mlp, hidden1: 4, hidden2: 0}
        losses: [kd]
        train: {steps: 12, batch: 10, log-every: 1}
      - name: tune
        student: {model: models/cnn.onnx}
        teachers:
          - {model: models/mlp.onnx}
          - {name: b, from: distil}
        augment: {flip: true}
        losses: [kd, cross-entropy]
        train: {steps: 6, batch: 10, log-every: 1}

    """

  private func folder() throws -> SmallRun {
    let small = try SmallRun()
    try small.write(Array(Self.recipe.utf8), to: "imported.yaml")
    for name in ["cnn", "mlp"] {
      try small.write(
        FileBytes.read("\(Goldens.folder)/onnx/\(name).onnx"), to: "models/\(name).onnx")
    }
    return small
  }

  /// What a run leaves, on both backends; killed on the way, it leaves the same bits.
  @Test(arguments: ["cpu", "opencl"]) func anImportedTeacherTeaches(_ device: String) throws {
    let small = try folder()
    let check = try small.retort(["check", "imported.yaml"])
    #expect(check.status == 0, "\(check.errors)")
    let whole = try small.retort(
      ["run", "imported.yaml", "--output", "whole", "--device", device])
    #expect(whole.status == 0, "\(whole.errors)")
    let digests = try JSONValue.read(small.path + "/whole/weights.json", limit: 1 << 20)
    let files = digests.members?.map { FilePath.name(of: $0.key) } ?? []
    #expect(Set(files).isSuperset(of: ["cnn.onnx", "mlp.onnx"]))
    var isSent = false
    _ = try small.retort(["run", "imported.yaml", "--output", "out", "--device", device]) {
      process in
      guard !isSent, CommandLineTool.metricLines(in: small.path + "/out") >= 7 else { return }
      isSent = true
      kill(process.processIdentifier, SIGKILL)
    }
    #expect(isSent)
    let last = try small.retort(["run", "out", "--resume", "--device", device])
    #expect(last.status == 0, "\(last.errors)")
    let (expected, found) = (try small.results(of: "whole"), try small.results(of: "out"))
    #expect(expected.keys.sorted() == found.keys.sorted())
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
    guard device == "cpu" else { return }
    try expectAnswers(of: small)
  }

  /// Generators from PyTorch are explored with, and go on with the same bits; a file that changed meanwhile is told of.
  @Test(arguments: [
    "{model: autoencoder.onnx}",
    "{model: decoder.onnx, encoder: encoder.onnx, normalization: symmetric}",
  ]) func anImportedGeneratorIsExplored(_ generator: String) throws {
    let small = try folder()
    for name in ["autoencoder", "decoder", "encoder"] {
      try small.write(FileBytes.read("\(Goldens.folder)/onnx/\(name).onnx"), to: "\(name).onnx")
    }
    func write(_ line: String, _ rest: String = "train: {steps: 12, batch: 10, log-every: 1}")
      throws
    {
      let recipe = """
        version: 1
        name: imported
        data: {name: fashion-mnist, directory: pictures}
        teacher: {model: models/mlp.onnx}
        generator: \(line)
        student: {model: mlp, hidden1: 4, hidden2: 0}
        losses: [kd]
        checkpoints: {steps: 3}
        explore: {kind: first, noise: 0.5, steps: 1, step: {displacement: 0.1}}
        \(rest)

        """
      try small.write(Array(recipe.utf8), to: "explored.yaml")
    }
    try write(generator)
    let check = try small.retort(["check", "explored.yaml"])
    #expect(check.status == 0, "\(check.errors)")
    let whole = try small.retort(
      ["run", "explored.yaml", "--output", "whole", "--device", "cpu"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(small.exists("whole/explored.png"))
    let digests = try JSONValue.read(small.path + "/whole/weights.json", limit: 1 << 20)
    let files = digests.members?.map { FilePath.name(of: $0.key) } ?? []
    #expect(
      files.contains(generator.contains("encoder.onnx}") ? "autoencoder.onnx" : "encoder.onnx"))
    var isSent = false
    _ = try small.retort(["run", "explored.yaml", "--output", "out", "--device", "cpu"]) {
      process in
      guard !isSent, CommandLineTool.metricLines(in: small.path + "/out") >= 5 else { return }
      isSent = true
      kill(process.processIdentifier, SIGKILL)
    }
    let last = try small.retort(["run", "out", "--resume", "--device", "cpu"])
    #expect(last.status == 0, "\(last.errors)")
    let (expected, found) = (try small.results(of: "whole"), try small.results(of: "out"))
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
  }

  /// What an imported generator cannot be is said before anything is run.
  @Test func misplacedGeneratorsAreTold() throws {
    let small = try folder()
    for name in ["autoencoder", "decoder", "encoder"] {
      try small.write(FileBytes.read("\(Goldens.folder)/onnx/\(name).onnx"), to: "\(name).onnx")
    }
    func errors(_ lines: String) throws -> String {
      let recipe = """
        version: 1
        name: imported
        data: {name: fashion-mnist, directory: pictures}
        train: {steps: 2, batch: 10}
        \(lines)

        """
      try small.write(Array(recipe.utf8), to: "wrong.yaml")
      let check = try small.retort(["check", "wrong.yaml"])
      #expect(check.status == 2, "\(check.output)")
      return check.errors
    }
    let trained = try errors("generator: {model: autoencoder.onnx}\nlosses: [vae]")
    #expect(trained.contains("is explored with, and not trained"), "\(trained)")
    let student = """
      teacher: {model: models/mlp.onnx}
      student: {model: mlp, hidden1: 4, hidden2: 0}
      losses: [kd]
      """
    let catalog = try errors(
      "generator: {model: conv-vae, encoder: encoder.onnx, weights: a}\nexplore: zero\n\(student)")
    #expect(catalog.contains("encoder") && catalog.contains("from an ONNX file"), "\(catalog)")
    let alone = try errors("generator: {model: decoder.onnx}\nexplore: zero\n\(student)")
    #expect(alone.contains("encode"), "\(alone)")
  }

  /// What commands say of imported models.
  private func expectAnswers(of small: SmallRun) throws {
    let pictures = ["--directory", "pictures", "--device", "cpu"]
    let teacher = try small.retort(["eval", "models/cnn.onnx", "--json"] + pictures)
    #expect(teacher.status == 0, "\(teacher.errors)")
    let student = try small.retort(
      ["eval", "whole", "--teacher", "models/cnn.onnx", "--json"] + pictures)
    #expect(student.status == 0, "\(student.errors)")
    let result = try JSONValue.read(small.path + "/whole/stages/distil/result.json", limit: 1 << 20)
    #expect(try teacher.json()["model"]?["accuracy"] == result["teacher"]?["accuracy"])
    try PNGImage(width: 28, height: 28, channels: 1, pixels: [UInt8](repeating: 9, count: 784))
      .write(to: small.path + "/a.png")
    let prediction = try small.retort(["predict", "models/mlp.onnx", "a.png", "--device", "cpu"])
    #expect(
      prediction.status == 0 && prediction.output.contains("a.png,0,"), "\(prediction.errors)")
    let inspect = try small.retort(["inspect", "models/cnn.onnx"])
    #expect(inspect.status == 0 && inspect.output.contains("MaxPool"), "\(inspect.errors)")
    let json = try small.retort(["inspect", "models/cnn.onnx", "--json"])
    try JSONSchema("commands", "#/$defs/inspectModel").check(json.json())
    // A run does not go on with another file.
    try small.write(
      FileBytes.read(small.path + "/models/mlp.onnx") + [0x12, 0], to: "models/mlp.onnx")
    try FileManager.default.removeItem(atPath: small.path + "/out/result.json")
    let changed = try small.retort(["run", "out", "--resume", "--device", "cpu"])
    #expect(changed.status != 0 && changed.errors.contains("mlp.onnx"), "\(changed.errors)")
  }

  @Test func faultsHaveTheirPlaces() throws {
    let small = try folder()
    func errors(_ model: String) throws -> String {
      let recipe =
        "version: 1\nname: a\ndata: {name: fashion-mnist, directory: pictures}\n"
        + "student: {model: mlp}\n\(model)\n"
      try small.write(Array(recipe.utf8), to: "faulty.yaml")
      let check = try small.retort(["check", "faulty.yaml"])
      #expect(check.status == 2)
      return check.errors
    }
    #expect(try errors("teacher: {model: none.onnx}").contains("faulty.yaml:5:18"))
    #expect(
      try errors("teacher: {model: models/mlp.onnx, width: 2}").contains("unknown key 'width'"))
    #expect(try errors("generator: {model: models/mlp.onnx}").contains("are no pictures"))
    try small.write(
      FileBytes.read("\(Goldens.folder)/onnx/mobile.onnx"), to: "models/mobile.onnx")
    #expect(
      try errors("teacher: {model: models/mobile.onnx}").contains(
        "input 'input' takes [batch, 3, 12, 12]; the data's pictures are [batch, 1, 28, 28]"))
  }
}
