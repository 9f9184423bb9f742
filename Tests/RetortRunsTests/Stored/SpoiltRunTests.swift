import RetortCPU
import RetortFormats
import RetortRecipes
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortRuns

/// Runs in whose files something is wrong: whatever reads them says so or does without, and comes back.
@Suite struct SpoiltRunTests {
  /// A run of a teacher and a student that it teaches, half way through its last stage.
  private func withRun(_ body: (String) throws -> Void) throws {
    try SmallPictures.withFolder { home in
      let text = """
        version: 1
        name: run
        data: {name: fashion-mnist, directory: pictures, validation: 10}
        checkpoints: {steps: 2}
        train: {steps: 4, batch: 10, log-every: 1, evaluate-every: 2}
        stages:
          - {name: teach, teacher: {model: mlp, hidden1: 4, hidden2: 0}}
          - name: distil
            teacher: {from: teach}
            student: {model: mlp, hidden1: 3, hidden2: 0}
            explore: {kind: pixel-noise}
        """
      try AtomicFile.write(Array(text.utf8), to: home + "/run.yaml")
      var polls = 0
      #expect(throws: TrainingError.self) {
        try RecipeRunner(
          Recipe.load(home + "/run.yaml"), on: backend, into: home + "/run",
          isCancelled: {
            polls += 1
            return polls > 7
          }
        ).run()
      }
      try body(home + "/run")
    }
  }

  private let backend = CPUBackend(threads: 1)
  private let rounds = 12

  /// What reads the files of a run.
  private enum Reader {
    case report, evaluation, exploration, resumption

    func read(_ run: String, on backend: CPUBackend) throws {
      func recipe() throws -> Recipe { try Recipe.load(run + "/recipe.yaml") }
      switch self {
      case .report:
        let record = try RunRecord(run)
        try RunReport([record]).write(to: run + "/report.html")
        _ = SummaryTable([record]).markdown
      case .evaluation:
        _ = try StoredModel(run, as: .teacher).evaluate(
          on: recipe().stages[0].data, with: backend)
      case .exploration:
        _ = try RecipeRunner.explore(
          recipe(), on: backend, run: run, stage: nil, parents: 4, shown: 1)
      case .resumption:
        _ = try RecipeRunner(
          recipe(), on: backend, into: run, isResumed: true, isCancelled: { true }
        ).run()
      }
    }
  }

  /// Lets each reader meet `bytes` in a file of the run.
  private func put(
    _ bytes: [UInt8], in file: String, of run: String, before readers: [Reader]
  ) throws {
    let original = try FileBytes.read(run + "/" + file)
    for reader in readers {
      try AtomicFile.write(bytes, to: run + "/" + file)
      do { try reader.read(run, on: backend) } catch { #expect(!"\(error)".isEmpty) }
    }
    try AtomicFile.write(original, to: run + "/" + file)
  }

  @Test(
    arguments: [
      ("metrics.jsonl", [.report, .resumption]), ("sessions.jsonl", [.report]),
      ("recipe.yaml", [.report, .exploration, .resumption]),
      ("stages/teach/result.json", [.report, .resumption]),
      ("stages/teach/evaluation.json", [.report]),
      ("stages/teach/teacher/config.json", [.evaluation, .exploration]),
    ] as [(String, [Reader])])
  private func aTextIsReadOrRefused(_ file: String, _ readers: [Reader]) throws {
    try withRun { run in
      var spoiler = Spoiler(seed: UInt64(file.utf8.count))
      let text = String(decoding: try FileBytes.read(run + "/" + file), as: UTF8.self)
      for _ in 0..<rounds {
        try put(Array(spoiler.spoilt(text).utf8), in: file, of: run, before: readers)
      }
    }
  }

  /// Headers that are still well formed, and bytes that are not.
  @Test func weightsAreReadOrRefused() throws {
    try withRun { run in
      let file = "stages/teach/teacher/model.safetensors"
      let bytes = try FileBytes.read(run + "/" + file)
      var spoiler = Spoiler(seed: 1)
      for _ in 0..<rounds {
        for damaged in [spoiler.spoiltHeader(bytes), spoiler.damaged(bytes)] {
          try put(damaged, in: file, of: run, before: [.evaluation, .resumption])
        }
      }
    }
  }

  /// States with a right checksum that nobody has written.
  @Test func checkpointsAreGoneOnFromOrRefused() throws {
    try withRun { run in
      let folder = "stages/distil/checkpoints/"
      let newest = try FolderEntries.names(run + "/" + folder).filter { $0.hasPrefix("step-") }
        .max()
      let file = folder + (try #require(newest))
      var content = try Safetensors.read(run + "/" + file)
      let state = try #require(content.metadata["state"])
      var spoiler = Spoiler(seed: 2)
      for _ in 0..<rounds {
        content.metadata["state"] = spoiler.spoilt(state)
        content.metadata["sha256"] = digest(content)
        try put(content.encoded(), in: file, of: run, before: [.resumption])
      }
    }
  }

  /// The checksum of a checkpoint.
  private func digest(_ content: Safetensors) -> String {
    var hash = SHA256()
    hash.update(Array((content.metadata["state"] ?? "").utf8))
    for name in content.names {
      hash.update(Array(name.utf8))
      content.tensors[name]?.bytes.withUnsafeBytes { hash.update($0) }
    }
    return hash.hexadecimal
  }
}
