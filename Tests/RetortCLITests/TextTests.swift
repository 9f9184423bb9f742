import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// Texts from a recipe to predictions, as a user goes.
@Suite struct TextTests {
  private static let recipe = """
    version: 1
    name: texts
    data: {name: text, training: train.tsv, test: test.tsv, vocabulary: vocab.txt, length: 12, validation: 9}
    checkpoints: {steps: 3}
    optimizer: {kind: adamw, learning-rate: 2e-3, schedule: one-cycle}
    stages:
      - name: teacher
        teacher: {model: bert, width: 32, layers: 2, heads: 2, feed-forward: 32, dropout: 0}
        train: {batch: 8, steps: 60, log-every: 1, evaluate-every: 20, keep: best}
      - name: distil
        teacher: {from: teacher}
        student: {model: bert, width: 8, layers: 1, heads: 2, feed-forward: 16}
        losses: [{kind: cross-entropy}, {kind: kd, temperature: 2}]
        train: {batch: 8, steps: 12, log-every: 1}

    """

  /// A folder with the texts and a recipe `texts.yaml`.
  private func folder() throws -> SmallRun {
    let folder = try SmallRun(variants: 1)
    try SmallTexts.write(to: folder.path)
    try folder.write(Array(Self.recipe.utf8), to: "texts.yaml")
    return folder
  }

  private static let cpu = ["--device", "cpu"]

  /// A folder with a finished run in `out`.
  private func trained(_ device: [String] = cpu, _ more: [String] = []) throws -> SmallRun {
    let folder = try folder()
    let run = try folder.retort(["run", "texts.yaml", "--output", "out"] + device + more)
    try #require(run.status == 0, "\(run.errors)")
    return folder
  }

  private func json(_ folder: SmallRun, _ name: String) throws -> JSONValue {
    try JSONValue.parse(try folder.read(name)[...], path: name)
  }

  /// Each device learns, and a run that is killed ends with the same bits.
  @Test(arguments: ["cpu", "opencl"]) func aRunLearnsAndGoesOn(_ device: String) throws {
    let folder = try trained(["--device", device])
    let accuracy = try json(folder, "out/stages/teacher/result.json")["teacher"]?["accuracy"]?
      .double
    #expect(accuracy ?? 0 > 0.8, "of three classes")
    for lines in device == "cpu" ? [9, 40] : [30] {
      var isSent = false
      let enough = CommandLineTool.metricLines(in: folder.path + "/killed") + lines
      let start =
        folder.exists("killed/recipe.yaml")
        ? ["run", "killed", "--resume"] : ["run", "texts.yaml", "--output", "killed"]
      let run = try folder.retort(start + ["--device", device]) { process in
        guard !isSent, CommandLineTool.metricLines(in: folder.path + "/killed") >= enough else {
          return
        }
        isSent = true
        kill(process.processIdentifier, SIGKILL)
      }
      #expect(run.status == SIGKILL, "\(run.errors)")
    }
    let last = try folder.retort(["run", "killed", "--resume", "--device", device])
    #expect(last.status == 0, "\(last.errors)")
    let (whole, killed) = (try folder.results(of: "out"), try folder.results(of: "killed"))
    #expect(whole.keys.sorted() == killed.keys.sorted())
    for (name, bytes) in whole { #expect(killed[name] == bytes, "\(name)") }
  }

  private static let searching = """
    version: 1
    name: search
    data: {name: text, training: train.tsv, test: test.tsv, vocabulary: vocab.txt, length: 8}
    train: {batch: 4, steps: 2, log-every: 1}
    stages:
      - name: generator
        data: {validation: 9}
        generator: {model: denoising-transformer, width: 8, layers: 1, heads: 2, feed-forward: 8}
      - name: teacher
        teacher: {model: bert, width: 8, layers: 1, heads: 2, feed-forward: 8}
      - name: distil
        teacher: {from: teacher}
        generator: {from: generator}
        student: {model: bert, width: 8, layers: 1, heads: 2, feed-forward: 8}
        losses: [cross-entropy, kd]
        explore: {kind: zero, noise: 0.5, mask: 0.3, sampling: 0.5}

    """

  /// A generator of texts that is validated, and a student that learns from what it makes.
  @Test(arguments: [
    "{kind: zero, noise: 0.5, mask: 0.3, sampling: 0.5}",
    "{kind: first, steps: 1, sampling: 0.5, variants: {count: 2, every: 2}}",
  ])
  func aSearchForTextsRuns(_ explore: String) throws {
    let folder = try folder()
    let recipe = Self.searching.replacing(
      "{kind: zero, noise: 0.5, mask: 0.3, sampling: 0.5}", with: explore)
    try folder.write(Array(recipe.utf8), to: "search.yaml")
    let run = try folder.retort(["run", "search.yaml", "--output", "out"] + Self.cpu)
    #expect(run.status == 0, "\(run.errors)")
    let generator = try json(folder, "out/stages/generator/result.json")
    #expect(generator["losses"]?["denoising"]?.double ?? 0 > 2)
    #expect(generator["best"]?["validation"]?["loss"]?.double ?? 0 > 2)
    let searched = try json(folder, "out/stages/distil/result.json")
    #expect(searched["losses"]?["kd-generated"]?.double != nil)
    // 48 texts in a table; four new ones in each of two steps, or in one of them with four on the way.
    #expect(searched["teacherEvaluations"]?.double == 56)
    let drawn = try folder.retort(["explore", "out"] + Self.cpu)
    #expect(drawn.status == 1 && drawn.errors.contains("stage 'distil' explores texts"))
  }

  /// GPT-2's tokenizer says neither where a text begins nor where it ends.
  @Test func textsWithoutEndsAreRefusedBeforeAnyWork() throws {
    let folder = try folder()
    let file = try FileBytes.read("\(Goldens.folder)/tokenizer/subwords/gpt2.json")
    try folder.write(file, to: "tokenizer.json")
    let recipe = Self.searching.replacing("vocab.txt", with: "tokenizer.json")
    try folder.write(Array(recipe.utf8), to: "search.yaml")
    let run = try folder.retort(["run", "search.yaml", "--output", "out"] + Self.cpu)
    #expect(run.status == 1 && !folder.exists("out"))
    #expect(
      run.errors.contains(
        "stage 'generator': the tokenizer puts no token in front of every text and one behind it"))
  }

  /// The bundled recipe finds files of its names where it runs.
  @Test func theBundledRecipeRuns() throws {
    let folder = try folder()
    let run = try folder.retort(
      ["run", "text-kd", "--set", "stages.*.train={batch: 4, steps: 1}", "--set", "data.length=12"]
        + Self.cpu)
    #expect(run.status == 0, "\(run.errors)")
    let predict = try folder.retort(["predict", "runs/text-kd", "--text", "soup"] + Self.cpu)
    #expect(predict.output.split(separator: "\n").count == 2, "\(predict.errors)")
  }

  @Test func theStudentStandsAlone() throws {
    let folder = try trained()
    #expect(try folder.read("out/student/vocab.txt") == folder.read("vocab.txt"))
    let configuration = try json(folder, "out/student/config.json")
    try JSONSchema("config").check(configuration)
    #expect(
      configuration["tokens"]
        == .record(
          ("length", .integer(12)), ("vocabulary", .integer(29)), ("lowercase", .bool(true))))
    #expect(configuration["image"] == nil)
    try FileManager.default.moveItem(
      atPath: folder.path + "/out/student", toPath: folder.path + "/alone")
    for name in ["out", "train.tsv", "vocab.txt"] {
      try FileManager.default.removeItem(atPath: folder.path + "/" + name)
    }
    let eval = try folder.retort(["eval", "alone", "--data", "test.tsv"] + Self.cpu)
    #expect(eval.status == 0 && eval.output.contains("bert"), "\(eval.errors)")
  }

  @Test func thePageNamesTheClasses() throws {
    let folder = try trained()
    let page = String(decoding: try folder.read("out/report.html"), as: UTF8.self)
    for name in SmallTexts.classNames {
      #expect(page.contains("<th scope=\"row\">\(name)</th>"), "\(name)")
    }
    #expect(!page.contains("picture"))
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.path + "/out/stages/distil")
    #expect(
      names.contains { $0.hasPrefix("events.out.tfevents") } && !names.contains("samples.png"))
  }

  @Test func whatIsPredictedIsWhatWasScored() throws {
    let folder = try trained()
    let model = "out/stages/teacher"
    let answers = try folder.retort(["predict", model, "test.tsv", "--json"] + Self.cpu).output
      .split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)[...], path: "answer") }
    let labels = try LabelledText.read(folder.path + "/test.tsv").map(\.label)
    #expect(answers.count == labels.count)
    let right = zip(answers, labels).count { $0["class"]?.string == $1 }
    let scored = try json(folder, model + "/result.json")["teacher"]?["accuracy"]?.double
    #expect(Double(right) / Double(labels.count) == scored)
    let eval = try folder.retort(
      ["eval", model, "--data", "test.tsv", "--json", "--teacher", "out"] + Self.cpu)
    try JSONSchema("commands", "#/$defs/eval").check(eval.json())
    #expect(try eval.json()["model"]?["accuracy"]?.double == scored)
    #expect(try eval.json()["dataset"]?.string == "test.tsv")
    #expect(try eval.json()["agreement"]?.double != nil)
  }

  @Test func textsComeFromAnywhere() throws {
    let folder = try trained()
    try folder.write(Array("THE  soup was salted.\n\nThe goal.".utf8), to: "a,b.txt")
    let arguments = ["--text", "the soup was salted.", "--text", "the goal."] + Self.cpu
    let outcome = try folder.retort(["predict", "out", "a,b.txt"] + arguments)
    let rows = outcome.output.split(separator: "\n").map(String.init)
    try #require(rows.count == 6, "\(outcome.errors)")
    #expect(rows[0] == "file,index,class,probability")
    func answer(_ row: String) -> String {
      row.split(separator: ",").suffix(2).joined(separator: ",")
    }
    let heads = rows.dropFirst().map { $0.dropLast(answer($0).count) }
    #expect(
      heads == ["--text,0,", "--text,1,", "\"a,b.txt\",0,", "\"a,b.txt\",1,", "\"a,b.txt\",2,"])
    #expect(answer(rows[1]) == answer(rows[3]) && answer(rows[2]) == answer(rows[5]))
    #expect(answer(rows[1]) != answer(rows[2]))
    let piped = try CommandLineTool.run(
      ["-c", "printf 'the goal.\\n' | \(CommandLineTool.path) predict out - --device cpu"],
      of: "/bin/sh", in: folder.path)
    #expect(piped.output == "file,index,class,probability\n-,0,\(answer(rows[2]))\n")
  }

  @Test func wrongKindsSayWhatAndTheWayOut() throws {
    let folder = try trained(Self.cpu, ["--set", "stages.*.train.steps=2"])
    try PNGImage(width: 28, height: 28, channels: 1, pixels: [UInt8](repeating: 9, count: 784))
      .write(to: folder.path + "/a.png")
    let pictures = try folder.retort(
      [
        "run", "small.yaml", "-o", "pictures-out", "--set", "stages.*.train.steps=1",
        "--set", "stages.teacher.train.evaluate-every=null",
      ] + Self.cpu)
    try #require(pictures.status == 0, "\(pictures.errors)")
    try folder.write(Array("a b\tsprot\n".utf8), to: "odd.tsv")
    let cases: [(arguments: [String], says: String, status: Int32)] = [
      (["predict", "out", "a.png"], "a.png: a picture is not supported. Supported: text", 1),
      (["predict", "pictures-out", "test.tsv"], "Supported: PNG, JPEG and IDX.", 1),
      (
        ["predict", "pictures-out", "--text", "a"],
        "model 'lenet5-small': it reads pictures of 28×28×1, not text; give it such files", 1
      ),
      (["predict", "out"], "There is nothing to predict: name a file, or give --text.", 2),
      (
        ["eval", "out"],
        "model 'bert': it reads text; name a file of labelled texts: --data FILE.tsv", 1
      ),
      (
        ["eval", "pictures-out", "--data", "test.tsv"],
        "model 'lenet5-small': it reads pictures of 28×28×1, not text", 1
      ),
      (
        ["eval", "out", "--data", "odd.tsv"],
        "odd.tsv: line 1: no training example is of class 'sprot'. Did you mean 'sport'?", 1
      ),
      (["eval", "out", "--data", "test.csv"], "and .tsv files of texts.", 2),
    ]
    for (arguments, says, status) in cases {
      let outcome = try folder.retort(
        arguments + (status == 2 && arguments.count == 2 ? [] : Self.cpu))
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
    }
  }

  @Test func whatTheModelDependsOnMustStay() throws {
    let folder = try trained(Self.cpu, ["--set", "stages.*.train.steps=2"])
    func complaint(_ arguments: [String]) throws -> String {
      let outcome = try folder.retort(arguments + Self.cpu)
      #expect(outcome.status == 1)
      return outcome.errors
    }
    // A teacher of other tokens.
    let vocabulary = try folder.read("vocab.txt")
    let other = String(decoding: vocabulary, as: UTF8.self).replacing("soup", with: "broth")
    try folder.write(Array(other.utf8), to: "other.txt")
    let heir = """
      version: 1
      name: heir
      data: {name: text, training: train.tsv, test: test.tsv, vocabulary: vocab.txt, length: 10}
      teacher: {model: bert, width: 32, heads: 2, feed-forward: 32, length: 12, weights: out/stages/teacher}
      student: {model: bert, width: 8, layers: 1, heads: 2, feed-forward: 16}
      train: {batch: 8, steps: 2}
      """
    try folder.write(Array(heir.utf8), to: "heir.yaml")
    for change in ["data.vocabulary=other.txt", "data.lowercase=false"] {
      let text = try complaint(["run", "heir.yaml", "--set", change])
      #expect(
        text.contains("were trained on other tokens than those of the data; give both the same"),
        "\(text)")
    }
    let length = try complaint(["run", "heir.yaml", "--set", "teacher.length=null"])
    #expect(length.contains("'length: 12', and the recipe's teacher has 'length: 10'"), "\(length)")
    #expect(try folder.retort(["run", "heir.yaml", "-o", "heir"] + Self.cpu).status == 0)
    // Texts that are others when a run goes on.
    try folder.write(Array(try folder.read("train.tsv") + [10]), to: "train.tsv")
    let changed = try complaint(["run", "heir", "--resume"])
    #expect(changed.contains("train.tsv has changed since the run in heir began"), "\(changed)")
    // A student without its tokens, and with others.
    try folder.write(vocabulary + Array("more\n".utf8), to: "out/student/vocab.txt")
    let size = try complaint(["predict", "out/student", "--text", "a"])
    #expect(size.contains("vocab.txt: must be 29 tokens, as config.json says, is 30"), "\(size)")
    try FileManager.default.removeItem(atPath: folder.path + "/out/student/vocab.txt")
    let absent = try complaint(["predict", "out/student", "--text", "a"])
    #expect(absent.contains("out/student/vocab.txt: open failed"), "\(absent)")
  }
}
