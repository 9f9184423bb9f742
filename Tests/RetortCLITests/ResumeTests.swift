import Foundation
import RetortFormats
import RetortTestSupport
import Testing

@Suite struct ResumeTests {
  /// What ends a run, after how many more lines of metrics, and microseconds.
  private static let signals: [(signal: Int32, lines: Int, delay: UInt32)] = [
    (SIGKILL, 5, 3_000), (SIGTERM, 3, 11_000), (SIGKILL, 8, 0), (SIGKILL, 4, 19_000),
    (SIGKILL, 7, 7_000),
  ]

  /// Kills the run again and again after a few more steps each time; no number is told to it.
  @Test(arguments: [("cpu", 6, 5), ("opencl", 1, 3)])
  func aKilledRunEndsAsAnUndisturbedOne(_ device: String, _ variants: Int, _ count: Int) throws {
    let small = try SmallRun(variants: variants)
    let teacher = Sweep.isWhole || device == "cpu" ? [] : Self.plainTeacher
    let whole = try small.retort(
      ["run", "small.yaml", "--device", device, "--output", "whole"] + teacher)
    #expect(whole.status == 0, "\(whole.errors)")
    var kills: [String] = []
    for (signal, lines, delay) in Self.signals.prefix(count) {
      let enough = CommandLineTool.metricLines(in: small.path + "/out") + lines
      var isSent = false
      let run = try small.retort(arguments(small, device, teacher)) { process in
        guard !isSent, CommandLineTool.metricLines(in: small.path + "/out") >= enough else {
          return
        }
        isSent = true
        usleep(delay)
        kill(process.processIdentifier, signal)
      }
      // On a busy machine the run may end before the signal comes.
      if run.status == 0 { break }
      kills.append("\(lines) lines and \(delay) µs")
      #expect(run.status == (signal == SIGTERM ? 1 : SIGKILL), "\(run.errors)")
      if signal == SIGTERM {
        #expect(run.errors.contains("go on with: retort run out --resume --device \(device)\n"))
      }
    }
    #expect(!kills.isEmpty)
    let last = try small.retort(arguments(small, device, teacher))
    #expect(last.status == 0, "\(last.errors)")
    let (expected, found) = (try small.results(of: "whole"), try small.results(of: "out"))
    #expect(expected.keys.sorted() == found.keys.sorted(), "killed after \(kills)")
    for (name, bytes) in expected {
      #expect(found[name] == bytes, "\(name), killed after \(kills)")
    }
    // A finished run has nothing left to do, and says the same again.
    let again = try small.retort(arguments(small, device, teacher))
    #expect(again.status == 0 && again.output.contains("distil/first: ended before"))
    #expect(try small.results(of: "out") == expected)
  }

  private func arguments(_ small: SmallRun, _ device: String, _ changes: [String]) -> [String] {
    small.exists("out/recipe.yaml")
      ? ["run", "out", "--resume", "--device", device]
      : ["run", "small.yaml", "--output", "out", "--device", device] + changes
  }

  /// In place of a residual network, whose kernels take long to compile.
  private static let plainTeacher = [
    "--set", "stages.teacher.teacher={model: mlp, hidden1: 8, hidden2: 0}",
  ]

  private static let one = """
    version: 1
    name: one
    data: {name: fashion-mnist, directory: pictures}
    checkpoints: {steps: 3, keep: 3}
    teacher: {model: lenet5-small}
    train: {steps: 200, batch: 8, log-every: 1}
    """

  /// A run of one stage in `out` that a signal stopped.
  private func stopped(whileRunning: (SmallRun) throws -> Void = { _ in }) throws -> SmallRun {
    let small = try SmallRun()
    try small.write(Array(Self.one.utf8), to: "one.yaml")
    var isSent = false
    let run = try small.retort(["run", "one.yaml", "--device", "cpu", "--output", "out"]) {
      process in
      guard !isSent, CommandLineTool.metricLines(in: small.path + "/out") >= 20 else { return }
      isSent = true
      do { try whileRunning(small) } catch { Issue.record(error) }
      kill(process.processIdentifier, SIGINT)
    }
    #expect(run.status == 1 && run.errors.contains("interrupted after step"), "\(run.errors)")
    return small
  }

  @Test func aDamagedCheckpointGivesWayToTheOneBeforeIt() throws {
    let small = try stopped()
    let folder = small.path + "/out/checkpoints/"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let steps = names.compactMap { Int($0.dropFirst(5).prefix { $0 != "." }) }.sorted()
    #expect(steps.count == 3)
    let newest = "out/checkpoints/step-\(steps[2]).safetensors"
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: small.path + "/" + newest)))
    bytes[bytes.count / 2] ^= 1
    try small.write(bytes, to: newest)
    try small.write(
      Array(bytes.prefix(bytes.count / 3)), to: "out/checkpoints/step-\(steps[1]).safetensors")
    try small.write([1], to: "out/checkpoints/step-900.safetensors.77-0.partial")
    try small.write([1], to: "out/teacher/model.safetensors.77-0.partial")
    let resumed = try small.retort(["run", "one.yaml", "--output", "out", "--resume"] + cpu)
    #expect(resumed.status == 0)
    #expect(resumed.output.contains("going on after step \(steps[0])\n"))
    let complaints = resumed.errors.split(separator: "\n")
    #expect(complaints.count == 2 && complaints.allSatisfy { $0.contains("Going on from") })
    #expect(
      complaints.first?.contains("step-\(steps[2]).safetensors: the content is damaged") == true)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
        "step-195.safetensors", "step-198.safetensors", "step-200.safetensors",
      ])
    #expect(try small.retort(["run", "one.yaml", "--output", "whole"] + cpu).status == 0)
    #expect(try small.results(of: "whole") == small.results(of: "out"))
  }

  private let cpu = ["--device", "cpu"]

  @Test func whatCannotGoOnSaysWhy() throws {
    let small = try stopped { small in
      let second = try small.retort(["run", "out", "--resume"] + cpu)
      #expect(second.errors.hasPrefix("retort: another process runs in out; "))
      #expect(second.status == 1)
    }
    for (arguments, message) in [
      (
        ["one.yaml", "--output", "out"],
        "out holds a run already; choose another folder with --output, or go on with it: "
          + "retort run out --resume"
      ),
      (
        ["one.yaml", "--output", "none", "--resume"],
        "there is no run in none to go on with; start it without --resume, or name its folder with "
          + "--output"
      ),
      (
        ["one.yaml", "--resume"],
        "there is no run in runs/one to go on with; start it without --resume, or name its folder "
          + "with --output"
      ),
      (
        ["one.yaml", "--output", "out", "--resume", "--set", "optimizer.learning-rate=0.1"],
        "the run in out is of another recipe: it has 'learning-rate: 0.001' where this one has "
          + "'learning-rate: 0.1' in stage 'one'; choose another --output, or go on as it began: "
          + "retort run out --resume"
      ),
    ] {
      let run = try small.retort(["run"] + arguments + cpu)
      #expect(run.errors == "retort: \(message)\n")
      #expect(run.status == 1)
    }
    #expect(!small.exists("none") && !small.exists("runs"))
    // The stored recipe has its stages spelt out: what is set beside them would go nowhere.
    let run = try small.retort(["run", "out", "--resume", "--set", "train.steps=5"] + cpu)
    #expect(
      run.errors
        == "--set train.steps=5: 'train.steps' does not reach stage 'one', with a value of its "
        + "own. Set stages.one.train.steps or stages.*.train.steps.\n")
    #expect(run.status == 2)
  }

  /// A version that does not know an entry leaves it out.
  @Test func anotherVersionsRunIsNamed() throws {
    let small = try SmallRun()
    try small.write(Array(Self.one.utf8), to: "one.yaml")
    let brief = ["--set", "train.steps=3"] + cpu
    #expect(try small.retort(["run", "one.yaml", "--output", "out"] + brief).status == 0)
    let text = String(decoding: try small.read("out/recipe.yaml"), as: UTF8.self)
    try #require(text.contains(", sampling: shuffle}"))
    let older = text.replacingOccurrences(of: ", sampling: shuffle}", with: "}")
    try small.write(Array(older.utf8), to: "out/recipe.yaml")
    let run = try small.retort(["run", "out", "--resume"] + cpu)
    #expect(
      run.errors == "retort: the run in out was begun by another version of Retort, as 'sampling: "
        + "shuffle' of its recipe shows; end it with that version, or start it again with another "
        + "--output\n")
    #expect(run.status == 1)
  }

  /// A shell leaves `~` as it is behind `=`; what is printed for it to read stands in quotes.
  @Test func homesAreFoundAndWordsForTheShellWork() throws {
    let small = try SmallRun()
    try small.write(Array(Self.one.utf8), to: "one.yaml")
    let home = ["HOME": small.path, "XDG_CACHE_HOME": small.path + "/cache"]
    let folder = small.path + "/Mia's run"
    var isSent = false
    let run = try CommandLineTool.run(
      ["run", "~/one.yaml", "--output=~/Mia's run"] + cpu, environment: home
    ) { process in
      guard !isSent, CommandLineTool.metricLines(in: folder) >= 5 else { return }
      isSent = true
      kill(process.processIdentifier, SIGINT)
    }
    #expect(run.status == 1)
    let words = try #require(run.errors.split(separator: ": ").last.map(String.init))
    #expect(words == "retort run '\(small.path)/Mia'\\''s run' --resume --device cpu\n")
    let resumed = try CommandLineTool.run(
      ["-c", words.replacing("retort run", with: "'\(CommandLineTool.path)' run")], of: "/bin/sh",
      environment: home)
    #expect(resumed.status == 0, "\(resumed.errors)")
    for arguments in [
      ["report", "~/Mia's run", "--output=~/page.html"], ["inspect", "~/Mia's run"],
      ["inspect", "~/Mia's run/teacher/model.safetensors"],
      ["eval", "~/Mia's run", "--teacher=~/Mia's run", "--directory=~/pictures"] + cpu,
      ["predict", "~/Mia's run", "~/pictures/t10k-images-idx3-ubyte", "--output=~/a.csv"] + cpu,
      ["copy", "fashion-kd", "~/kd.yaml"],
      ["bench", "step", "--models", "mlp", "--batch", "8", "--record=~/steps"] + cpu,
      ["bench", "step", "--models", "mlp", "--record=~/steps", "--device=sources:~/kernels"],
    ] {
      let outcome = try CommandLineTool.run(arguments, in: "/", environment: home)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    for name in ["page.html", "a.csv", "kd.yaml", "steps/mlp.safetensors", "kernels"] {
      #expect(small.exists(name), "\(name)")
    }
  }

  @Test func weightsThatChangedAreNoWayToGoOn() throws {
    let small = try SmallRun()
    try small.write(Array(Self.one.utf8), to: "one.yaml")
    let brief = ["run", "one.yaml", "--set", "train.steps=3"] + cpu
    #expect(try small.retort(brief + ["--output", "first"]).status == 0)
    let tuning = brief + ["--set", "teacher.weights=first/teacher/model.safetensors"]
    #expect(try small.retort(tuning + ["--output", "tuned"]).status == 0)
    #expect(try small.retort(["run", "tuned", "--resume"] + cpu).status == 0)
    let digests = String(decoding: try small.read("tuned/weights.json"), as: UTF8.self)
    try small.write(
      Array(digests.replacing("{", with: "{\"other\": \"abc\",").utf8), to: "tuned/weights.json")
    let unknown = try small.retort(["run", "tuned", "--resume"] + cpu)
    #expect(unknown.status == 1 && unknown.errors.contains("weights.json"))
    #expect(unknown.errors.contains("unknown key 'other'"), "\(unknown.errors)")
    try small.write(Array(digests.utf8), to: "tuned/weights.json")
    var bytes = try Data(
      contentsOf: URL(fileURLWithPath: small.path + "/tuned/teacher/model.safetensors"))
    bytes[bytes.count - 1] ^= 1
    try small.write(Array(bytes), to: "first/teacher/model.safetensors")
    let refused = try small.retort(["run", "tuned", "--resume"] + cpu)
    #expect(refused.status == 1)
    #expect(
      refused.errors == """
        retort: \(small.path)/first/teacher/model.safetensors has changed since the run in tuned began, so it \
        cannot go on as it would have; put the file back, or start a run of its own with --output

        """)
  }
}
