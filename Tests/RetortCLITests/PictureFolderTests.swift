import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// Pictures of one's own from a folder to predictions, as a user goes.
@Suite struct PictureFolderTests {
  private static let recipe = """
    version: 1
    name: photos
    data: {name: image-folder, directory: photos, size: 12, validation: 3}
    checkpoints: {steps: 3}
    student: {model: mlp, hidden1: 16, hidden2: 0}
    losses: [cross-entropy]
    augment: {shift: 1, flip: true, crop: 0.3}
    optimizer: {kind: adam, learning-rate: 3e-3}
    train: {batch: 5, steps: 60, log-every: 1, evaluate-every: 20, keep: best}

    """

  private static let cpu = ["--device", "cpu"]

  /// A folder with pictures in `photos` and a recipe `photos.yaml`.
  private func folder() throws -> SmallRun {
    let folder = try SmallRun(variants: 1)
    try PictureFolders.write(to: folder.path + "/photos", count: 9)
    try folder.write(Array(Self.recipe.utf8), to: "photos.yaml")
    return folder
  }

  /// A folder with a finished run in `out`.
  private func trained() throws -> SmallRun {
    let folder = try folder()
    let run = try folder.retort(["run", "photos.yaml", "--output", "out"] + Self.cpu)
    try #require(run.status == 0, "\(run.errors)")
    return folder
  }

  private func json(_ folder: SmallRun, _ name: String) throws -> JSONValue {
    try JSONValue.parse(try folder.read(name)[...], path: name)
  }

  @Test func aRunLearnsAndGoesOn() throws {
    let folder = try trained()
    let result = try json(folder, "out/result.json")
    #expect(result["student"]?["accuracy"]?.double ?? 0 > 0.7, "of three classes")
    for lines in [9, 30] {
      var isSent = false
      let enough = CommandLineTool.metricLines(in: folder.path + "/killed") + lines
      let start =
        folder.exists("killed/recipe.yaml")
        ? ["run", "killed", "--resume"] : ["run", "photos.yaml", "--output", "killed"]
      let run = try folder.retort(start + Self.cpu) { process in
        guard !isSent, CommandLineTool.metricLines(in: folder.path + "/killed") >= enough else {
          return
        }
        isSent = true
        kill(process.processIdentifier, SIGKILL)
      }
      #expect(run.status == SIGKILL, "\(run.errors)")
    }
    let last = try folder.retort(["run", "killed", "--resume"] + Self.cpu)
    #expect(last.status == 0, "\(last.errors)")
    let (whole, killed) = (try folder.results(of: "out"), try folder.results(of: "killed"))
    #expect(whole.keys.sorted() == killed.keys.sorted())
    for (name, bytes) in whole { #expect(killed[name] == bytes, "\(name)") }
    // Another picture in its place is noticed before anything is computed.
    try PictureFolders.picture(2, 1).write(to: folder.path + "/photos/dog/0.png")
    let changed = try folder.retort(["run", "killed", "--resume"] + Self.cpu)
    #expect(changed.errors.contains("/photos has changed since the run in killed began"))
  }

  /// A student of pictures that nobody labelled learns from a teacher of others.
  @Test func aTeacherLabelsPicturesWithoutClasses() throws {
    let folder = try trained()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/flat", withIntermediateDirectories: true)
    for index in 0..<30 {
      let picture = PictureFolders.picture(index % 3, index + 9)
      try picture.write(to: "\(folder.path)/flat/\(index).png")
    }
    func recipe(_ losses: String) -> [UInt8] {
      Array(
        """
        version: 1
        name: flat
        data: {name: image-folder, directory: flat, size: 12, validation: 3}
        teacher: {model: mlp, hidden1: 16, hidden2: 0, weights: out}
        student: {model: mlp, hidden1: 12, hidden2: 0}
        \(losses)
        optimizer: {kind: adam, learning-rate: 3e-3}
        train: {batch: 5, steps: 60}

        """.utf8)
    }
    try folder.write(recipe("losses: [kd, cross-entropy]"), to: "flat.yaml")
    let refused = try folder.retort(["check", "flat.yaml"])
    #expect(refused.status != 0)
    #expect(
      refused.errors.contains(
        "loss 'cross-entropy' needs labels, and the pictures of dataset 'image-folder' have none."),
      "\(refused.errors)")
    try folder.write(recipe(""), to: "flat.yaml")
    let checked = try folder.retort(["check", "flat.yaml"])
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(
      (checked.output + checked.errors).contains("its student learns from the teacher alone (kd)"))
    let run = try folder.retort(["run", "flat.yaml", "--output", "flat-run"] + Self.cpu)
    try #require(run.status == 0, "\(run.errors)")
    #expect(
      (run.output + run.errors).contains("accuracies are how often a model says what the teacher"))
    let result = try json(folder, "flat-run/result.json")
    #expect(result["teacher"]?["accuracy"]?.double == 1)
    #expect(result["student"]?["accuracy"]?.double ?? 0 > 0.6, "of three classes")
    #expect(result["labelledExamples"]?.int == 0)
    let configuration = try json(folder, "flat-run/student/config.json")
    #expect(
      configuration["classNames"] == .array(PictureFolders.classNames.map { .string($0) }))
    let eval = try folder.retort(["eval", "out", "--data", "flat"] + Self.cpu)
    #expect(eval.errors.contains("nothing says their classes"))
  }

  @Test func whatIsPredictedIsWhatIsMeasured() throws {
    let folder = try trained()
    let configuration = try json(folder, "out/student/config.json")
    #expect(
      configuration["classNames"] == .array(PictureFolders.classNames.map { .string($0) }))
    let page = String(decoding: try folder.read("out/report.html"), as: UTF8.self)
    for name in PictureFolders.classNames {
      #expect(page.contains("<th scope=\"row\">\(name)</th>"), "\(name)")
    }
    try PictureFolders.write(to: folder.path + "/fresh", count: 3, from: 40)
    let outcome = try folder.retort(
      ["predict", "out", "fresh", "photos/cat/photo.JPG", "--json", "--top", "2"] + Self.cpu)
    let answers = try outcome.output.split(separator: "\n").map {
      try JSONValue.parse(Array($0.utf8)[...], path: "answer")
    }
    try #require(answers.count == 13, "\(outcome.errors)")
    let files = answers.compactMap { $0["file"]?.string }
    #expect(files.first == "fresh/bird/40.png" && files.last == "photos/cat/photo.JPG")
    #expect(Set(files).count == 13)
    let right = answers.dropLast().count { answer in
      answer["file"]?.string?.split(separator: "/")[1] == answer["class"]?.string?[...]
    }
    let eval = try folder.retort(
      ["eval", "out", "--data", "fresh", "--teacher", "out", "--json"] + Self.cpu)
    try #require(eval.status == 0, "\(eval.errors)")
    try JSONSchema("commands", "#/$defs/eval").check(eval.json())
    #expect(try eval.json()["model"]?["accuracy"]?.double == Double(right) / 12)
    #expect(try eval.json()["dataset"]?.string == "fresh")
    #expect(try eval.json()["agreement"]?.double == 1)
    // What is named on its own is predicted as it is in its folder.
    let alone = try folder.retort(["predict", "out", files[0], files[7]] + Self.cpu)
    let rows = alone.output.split(separator: "\n").map { $0.split(separator: ",") }
    try #require(rows.count == 3, "\(alone.errors)")
    for (row, place) in [(1, 0), (2, 7)] {
      #expect(rows[row][0] == files[place] && rows[row][1] == "0")
      #expect(rows[row][2] == answers[place]["class"]?.string ?? "")
      let probability = try #require(answers[place]["probability"]?.double)
      #expect(abs((Double(rows[row][3]) ?? 2) - probability) < 1e-6)
    }
  }

  /// What has learnt from a folder teaches on it, in one line.
  @Test func aTrainedModelTeaches() throws {
    let folder = try trained()
    let run = try folder.retort(
      ["distil", "--teacher", "out", "--data", "photos", "--student", "mlp", "--steps", "5"]
        + Self.cpu)
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("takes pictures of 12×12×3 and tells 3 classes apart"))
    #expect(folder.exists("runs/photos-mlp/student/model.safetensors"))
  }

  @Test func damageIsFoundAndNamed() throws {
    let folder = try folder()
    let brief = ["run", "photos.yaml", "--set", "train.steps=20"] + Self.cpu
    let whole = try folder.read("photos/cat/photo.JPG")
    // The header is whole, so that it shows in the first pass over the pictures.
    try folder.write(Array(whole.prefix(whole.count * 2 / 3)), to: "photos/cat/photo.JPG")
    let stopped = try folder.retort(brief + ["--output", "a"])
    #expect(stopped.status == 1)
    #expect(stopped.errors.contains("photos/cat/photo.JPG: picture: the content is damaged: "))
    let skipped = try folder.retort(brief + ["--output", "b", "--set", "data.damaged=skip"])
    #expect(skipped.status == 0, "\(skipped.errors)")
    #expect(skipped.errors.contains("1 of 30 pictures in "))
    #expect(skipped.errors.contains("photo.JPG: picture: the content is damaged"))
    let predicted = try folder.retort(["predict", "b", "photos/cat"] + Self.cpu)
    #expect(predicted.status == 1 && predicted.errors.contains("photos/cat/photo.JPG: picture: "))
    // What a run would take of memory does not depend on what is in pictures.
    for index in 0..<9 {
      let name = "photos/dog/\(index % 2 == 0 ? "" : "more/")\(index).png"
      let bytes = try folder.read(name)
      try folder.write(Array(bytes.prefix(bytes.count / 2)), to: name)
    }
    let checked = try folder.retort(["check", "photos.yaml", "--memory"] + Self.cpu)
    #expect(checked.status == 0, "\(checked.errors)")
    try folder.write([], to: "photos/dog/0.png")
    let refused = try folder.retort(brief + ["--output", "c"])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("1 of 30 pictures in "))
    #expect(refused.errors.contains("photos/dog/0.png: the file is empty."))
    #expect(refused.errors.contains("leave them out with 'damaged: skip'"))
    let measured = try folder.retort(["eval", "b", "--data", "photos"] + Self.cpu)
    #expect(measured.status == 1 && measured.errors.contains("photos/dog/0.png: the file is empty"))
  }

  @Test func wrongRecipesAndFoldersAreNamed() throws {
    let folder = try folder()
    func run(_ arguments: [String], _ status: Int32, _ says: String) throws {
      let outcome = try folder.retort(arguments)
      #expect(outcome.status == status, "\(arguments)")
      #expect((outcome.errors + outcome.output).contains(says), "\(outcome.errors)")
    }
    let check = ["check", "photos.yaml", "--set"]
    try run(check + ["data.channels=2"], 2, "pictures have 1 channel or 3, not 2")
    try run(check + ["data.size=2"], 2, "'data.size' is 2; it must be from 4 to 1024")
    try run(check + ["data.damaged=keep"], 2, "refuse")
    try run(check + ["data.directory=none"], 0, "none, which is not there")
    try run(check + ["data.directory=null"], 2, "'data' lacks 'directory'")
    try run(check + ["data.validation=null"], 2, "'keep: best'")
    try FileManager.default.moveItem(
      atPath: folder.path + "/photos", toPath: folder.path + "/train")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/photos", withIntermediateDirectories: true)
    for part in ["train", "val", "test"] {
      try FileManager.default.copyItem(
        atPath: folder.path + "/train", toPath: folder.path + "/photos/" + part)
    }
    try run(check + ["data.validation=null"], 0, "student mlp")
    try run(
      ["run", "photos.yaml", "-o", "x"] + Self.cpu, 1,
      "3 examples are to be held out for validation of a set that has a part for it.")
    try run(
      ["run", "photos.yaml", "-o", "out", "--set", "data.validation=null"] + Self.cpu, 0,
      "validation accuracy")
    try FileManager.default.moveItem(
      atPath: folder.path + "/train/dog", toPath: folder.path + "/train/dgo")
    try run(["eval", "out", "--data", "./train"] + Self.cpu, 1, "Did you mean 'dog'?")
    try run(["eval", "out", "--data", "photos/none"] + Self.cpu, 1, "No such file or directory")
    try run(["eval", "out", "--data", "nothing"] + Self.cpu, 2, "There is no dataset 'nothing'.")
    try run(["predict", "out", "photos/none"] + Self.cpu, 1, "No such file")
    try run(["explain", "image-folder"], 0, "test-share")
  }
}
