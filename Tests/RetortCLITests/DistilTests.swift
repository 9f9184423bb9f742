import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// `retort distil`: a recipe from a teacher and data, and its run.
@Suite struct DistilTests {
  private func folder() throws -> SmallRun {
    let small = try SmallRun()
    try small.write(FileBytes.read("\(Goldens.folder)/onnx/bars.onnx"), to: "bars.onnx")
    // Data by name are found by the variable.
    try FileManager.default.createDirectory(
      atPath: small.path + "/data", withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: small.path + "/pictures", toPath: small.path + "/data/fashion-mnist")
    return small
  }

  /// A folder with a published encoder `bert` of three classes, and `texts`.
  private func textFolder() throws -> SmallRun {
    let small = try folder()
    for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
      try small.write(
        FileBytes.read("\(Goldens.folder)/huggingface/bert/\(name)"), to: "bert/\(name)")
    }
    let line = "the cat sat on the mat\tneutral\na dog ran\tpositive\nunhappy\tnegative\n"
    for part in ["train", "test"] { try small.write(Array(line.utf8), to: "texts/\(part).tsv") }
    return small
  }

  private func distil(_ small: SmallRun, _ arguments: [String]) throws -> CommandLineTool.Outcome {
    try CommandLineTool.run(
      ["distil", "--data", "fashion-mnist", "--device", "cpu"] + arguments, in: small.path,
      environment: ["RETORT_DATA": small.path + "/data"])
  }

  /// The teacher was trained behind the pictures' own mean and deviation, and its file does not say so.
  @Test func itFindsTheNormalizationAndRuns() throws {
    let small = try folder()
    let run = try distil(
      small, ["--teacher", "bars.onnx", "--student", "lenet5-small", "--steps", "3"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output.contains(
        "normalisation: the pictures' own; the teacher is then right about 100.0 % of 60"),
      "\(run.output)")
    let recipe = String(
      decoding: try FileBytes.read(small.path + "/runs/fashion-mnist-lenet5-small.yaml"),
      as: UTF8.self)
    #expect(recipe.split(separator: "\n").count <= 25)
    #expect(recipe.contains("mean: [0.3954], std: [0.305]"), "\(recipe)")
    let result = try JSONValue.read(
      small.path + "/runs/fashion-mnist-lenet5-small/result.json", limit: 1 << 20)
    #expect(result["teacher"]?["accuracy"]?.double ?? 0 > 0.9)
    #expect(result["labelledExamples"]?.int == 60)
  }

  /// Few labels of small pictures: a generator is trained and explored with.
  @Test func fewLabelsAreExplored() throws {
    let small = try folder()
    let run = try distil(
      small,
      ["--teacher", "bars.onnx", "--labels", "50%", "--output", "out", "--dry-run", "--json"])
    #expect(run.status == 0, "\(run.errors)")
    try JSONSchema("commands", "#/$defs/distil").check(run.json())
    #expect(!small.exists("out"))
    let recipe = String(decoding: try FileBytes.read(small.path + "/out.yaml"), as: UTF8.self)
    #expect(recipe.contains("labelled: 30") && recipe.contains("explore: {kind: zero"), "\(recipe)")
    #expect(recipe.split(separator: "\n").count <= 25)
    let check = try small.retort(["check", "out.yaml"])
    #expect(check.status == 0, "\(check.errors)")
    // A recipe that was changed is not written over.
    try small.write(Array((recipe + "# mine\n").utf8), to: "out.yaml")
    let again = try distil(
      small, ["--teacher", "bars.onnx", "--labels", "50%", "--output", "out", "--dry-run"])
    #expect(again.status == 1 && again.errors.contains("--force"), "\(again.errors)")
  }

  /// A trained model's folder says its normalisation, which is kept through training and export.
  @Test func aStoredTeacherKeepsItsNormalization() throws {
    let small = try folder()
    let recipe = """
      version: 1
      name: t
      data: {name: fashion-mnist, directory: data/fashion-mnist}
      teacher: {model: mlp, hidden1: 4, hidden2: 0, normalization: {mean: [0.3], std: [0.28]}}
      losses: [cross-entropy]
      train: {steps: 4, batch: 10}

      """
    try small.write(Array(recipe.utf8), to: "t.yaml")
    let train = try small.retort(["run", "t.yaml", "--output", "t", "--device", "cpu"])
    #expect(train.status == 0, "\(train.errors)")
    let config = try JSONValue.read(small.path + "/t/teacher/config.json", limit: 1 << 20)
    try JSONSchema("config").check(config)
    #expect(config["normalization"]?["std"]?.array == [.real(0.28)])
    let run = try distil(
      small, ["--teacher", "t", "--student", "lenet5-small", "--output", "out", "--dry-run"])
    #expect(run.status == 0, "\(run.errors)")
    let draft = String(decoding: try FileBytes.read(small.path + "/out.yaml"), as: UTF8.self)
    #expect(draft.contains("mean: [0.3], std: [0.28]"), "\(draft)")
    // The same weights behind another normalisation are another model.
    try small.write(
      Array(
        draft.replacing(", normalization: {kind: custom, mean: [0.3], std: [0.28]}", with: "").utf8),
      to: "other.yaml")
    let other = try small.retort(["run", "other.yaml", "--output", "other", "--device", "cpu"])
    #expect(other.status == 1 && other.errors.contains("normalization"), "\(other.errors)")
  }

  /// A folder of Hugging Face's `transformers` teaches on a folder of texts.
  @Test func aPublishedEncoderTeaches() throws {
    let small = try textFolder()
    func distil(_ data: String) throws -> CommandLineTool.Outcome {
      try small.retort([
        "distil", "--teacher", "bert", "--data", data, "--steps", "2", "--device", "cpu",
        "--output", "out",
      ])
    }
    let run = try distil("texts")
    #expect(run.status == 0, "\(run.errors)")
    let recipe = String(decoding: try FileBytes.read(small.path + "/out.yaml"), as: UTF8.self)
    #expect(recipe.contains("length: 8") && recipe.contains("bert/tokenizer.json"), "\(recipe)")
    #expect(small.exists("out/student/vocab.txt"))
    let none = try distil("data")
    #expect(none.status == 1 && none.errors.contains("train.tsv and test.tsv"), "\(none.errors)")
  }

  /// An ONNX file that reads texts, with the tokenizer beside it, teaches and predicts as its folder does.
  @Test func anImportedEncoderTeaches() throws {
    let small = try textFolder()
    func retort(_ arguments: String) throws -> CommandLineTool.Outcome {
      try small.retort(arguments.split(separator: " ").map(String.init))
    }
    try FileManager.default.createDirectory(
      atPath: small.path + "/onnx", withIntermediateDirectories: true)
    let export = try retort("export bert --output onnx/model.onnx")
    #expect(export.status == 0, "\(export.errors)")
    let distil = "distil --teacher onnx/model.onnx --data texts --steps 2 --device cpu --output out"
    let none = try retort(distil)
    #expect(
      none.status == 1 && none.errors.contains("no tokenizer.json or vocab.txt"), "\(none.errors)")
    try small.write(
      FileBytes.read("\(Goldens.folder)/huggingface/bert/tokenizer.json"), to: "onnx/tokenizer.json"
    )
    let run = try retort(distil)
    #expect(run.status == 0, "\(run.errors)")
    let predictions = try ["bert", "onnx/model.onnx"].map { model in
      try retort("predict \(model) texts/test.tsv --device cpu").output
    }
    #expect(predictions[0].contains("neutral") && predictions[0] == predictions[1])
    // Texts in other tokens than its own are refused.
    let recipe = String(decoding: try FileBytes.read(small.path + "/out.yaml"), as: UTF8.self)
    let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\ncat\n"
    try small.write(Array(vocabulary.utf8), to: "other.txt")
    let path = try #require(recipe.firstMatch(of: /vocabulary: ([^,]+),/)).1
    try small.write(Array(recipe.replacing(path, with: "other.txt").utf8), to: "other.yaml")
    let other = try retort("run other.yaml --output other --device cpu")
    #expect(other.status == 1 && other.errors.contains("other tokens"), "\(other.errors)")
  }

  @Test func faultsSayTheWayOut() throws {
    let small = try folder()
    try small.write(
      FileBytes.read("\(Goldens.folder)/onnx/mobile.onnx"), to: "mobile.onnx")
    func errors(_ arguments: [String], status: Int32 = 1) throws -> String {
      let run = try distil(small, arguments + ["--dry-run"])
      #expect(run.status == status, "\(run.output)")
      return run.errors
    }
    let teacher = ["--teacher", "bars.onnx"]
    #expect(try errors(teacher + ["--labels", "3"]).contains("--labels at least 10"))
    #expect(try errors(teacher + ["--labels", "0%"], status: 2).contains("20%"))
    #expect(try errors(teacher + ["--student", "resnet9"], status: 2).contains("resnet8"))
    #expect(try errors(teacher + ["--data", "nowhere"]).contains("neither a folder nor a dataset"))
    #expect(try errors(["--teacher", "mobile.onnx"], status: 2).contains("[batch, 3, 12, 12]"))
    #expect(try errors(["--teacher", "none.onnx"]).contains("none.onnx"))
    // Labels in another order: the teacher is right about none of the pictures.
    let labels = "\(small.path)/data/fashion-mnist/train-labels-idx1-ubyte"
    var bytes = try FileBytes.read(labels)
    for place in 8..<bytes.count { bytes[place] = (bytes[place] + 1) % 10 }
    try small.write(bytes, to: "data/fashion-mnist/train-labels-idx1-ubyte")
    let order = try errors(teacher)
    #expect(order.contains("no better than guessing") && order.contains("Trouser"), "\(order)")
  }
}
