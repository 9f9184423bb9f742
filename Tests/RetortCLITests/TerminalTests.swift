import Foundation
import Testing

@testable import RetortCLI

/// What a person at a terminal sees, and what signals do.
@Suite struct TerminalTests {
  private static let recipe = """
    version: 1
    name: one
    data: {name: fashion-mnist, directory: pictures}
    teacher: {model: mlp}
    train: {steps: 300, batch: 8, log-every: 1}
    """

  private func small() throws -> SmallRun {
    let small = try SmallRun()
    try small.write(Array(Self.recipe.utf8), to: "one.yaml")
    return small
  }

  private func arguments(_ steps: Int = 300) -> [String] {
    ["run", "one.yaml", "--device", "cpu", "--output", "out", "--set", "train.steps=\(steps)"]
  }

  @Test(arguments: [20, 40, 80, 132]) func progressFitsTheTerminal(_ columns: Int) throws {
    let run = try PseudoTerminal(columns: columns).run(arguments(), in: small())
    #expect(run.status == 0, "\(run.output)")
    let states = run.states.filter { $0.hasPrefix("step ") }
    #expect(!states.isEmpty)
    for state in states {
      #expect(state.count < columns, "'\(state)'")
      // Whole fields: each ends as it must.
      let field =
        #/step \d+/300|\d+ s left|\d+(\.\d+)? steps/s|cross-entropy \d+\.\d{4}|rate \d\.\de-?\d+|\d+ examples/s|\d+\.\d [KMG]iB/#
      for part in state.replacing(#/  \[=*>? *\]/#, with: "").components(separatedBy: "  ") {
        #expect(part.wholeMatch(of: field) != nil, "'\(part)' of '\(state)'")
      }
    }
    #expect(states.last?.hasPrefix("step 300/300") == true)
    #expect(states.contains { $0.contains("left") } == (columns >= 40))
    #expect(states.contains { $0.contains("steps/s") } == (columns >= 40))
    #expect(states.contains { $0.contains("[=") } == (columns >= 80))
  }

  /// A table that is too wide becomes one line a cell, so that nothing wraps.
  @Test func tablesFitTheTerminal() throws {
    let small = try small()
    for columns in [40, 80] {
      let run = try PseudoTerminal(columns: columns).run(["check", "one.yaml"], in: small)
      let table = run.output.split(separator: "\n").dropFirst()
      #expect(run.status == 0 && table.allSatisfy { $0.count <= columns }, "\(run.output)")
      #expect(table.contains("  batch     8") == (columns == 40))
    }
  }

  @Test func aDumbTerminalGetsPlainLines() throws {
    let run = try PseudoTerminal(kind: "dumb").run(arguments(), in: small())
    #expect(run.status == 0 && run.output.contains("step 300/300  100 %"))
    #expect(!run.output.contains("\u{1B}"))
    #expect(!run.output.contains("\r"))
  }

  @Test func controlCIsAnsweredAtOnce() throws {
    var typed: ContinuousClock.Instant?
    var answered: ContinuousClock.Instant?
    let run = try PseudoTerminal().run(arguments(1_000_000), in: small()) { output in
      if answered == nil, output.contains("stopping as soon as") { answered = .now }
      guard typed == nil, output.contains("step ") else { return nil }
      typed = .now
      return "\u{3}"
    }
    let (asked, heard) = (try #require(typed), try #require(answered))
    #expect(heard - asked < .seconds(1))
    #expect(run.status == 1 && run.output.contains("go on with: retort run out --resume"))
  }

  @Test func kernelsAreCountedWhileTheyCompile() throws {
    let small = try small()
    var isTyped = false
    // Nothing is compiled yet in a driver's cache that is empty.
    let run = try PseudoTerminal(environment: ["POCL_CACHE_DIR": small.path + "/cache"]).run(
      ["run", "one.yaml", "--device", "opencl", "--output", "out"], in: small
    ) { output in
      // The first line is whole once the second begins; the echo of what is typed would stand in it.
      guard !isTyped, output.matches(of: #/compiling /#).count > 1 else { return nil }
      isTyped = true
      return "\u{3}"
    }
    #expect(run.states.contains { $0.wholeMatch(of: #/  compiling \d+ of \d+/#) != nil })
    #expect(run.status == 1 && run.output.contains("stopping as soon as"), "\(run.output)")
    #expect(
      run.output.contains("interrupted while kernels were being compiled; nothing was written"))
    #expect(!small.exists("out"))
  }

  /// As under `nohup`, and in a shell's background.
  @Test func anIgnoredInterruptStaysIgnored() throws {
    let small = try small()
    var isSent = false
    let command =
      "trap '' INT; exec \(CommandLineTool.path) " + arguments(2000).joined(separator: " ")
    let run = try CommandLineTool.run(["-c", command], of: "/bin/sh", in: small.path) { process in
      guard !isSent, CommandLineTool.metricLines(in: small.path + "/out") > 1 else { return }
      isSent = true
      kill(process.processIdentifier, SIGINT)
    }
    #expect(isSent && run.status == 0 && run.errors.isEmpty, "\(run.errors)")
  }

  @Test func fieldsGoWholeFromTheEnd() {
    let line = StatusLine(
      ["step 1200/3000", "133 s left", "13.5 steps/s", "loss 0.4321", "rate 1.0e-3"], share: 0.4)
    #expect(line.fitted(to: 13) == "")
    #expect(line.fitted(to: 19) == "step 1200/3000")
    #expect(line.fitted(to: 26) == "step 1200/3000  133 s left")
    #expect(line.fitted(to: 39) == "step 1200/3000  133 s left")
    #expect(line.fitted(to: 40) == "step 1200/3000  133 s left  13.5 steps/s")
    #expect(line.fitted(to: 52) == "step 1200/3000  [===>    ]  133 s left  13.5 steps/s")
    #expect(
      line.fitted(to: 65) == "step 1200/3000  [===>    ]  133 s left  13.5 steps/s  loss 0.4321")
    #expect(line.fitted(to: 200).contains("[===========>                ]"))
    #expect(
      line.text
        == "step 1200/3000  40 %  133 s left  13.5 steps/s  loss 0.4321  rate 1.0e-3")
    #expect(StatusLine(["1 of 2", "file"]).fitted(to: 12) == "1 of 2  file")
  }

  @Test func thePaceIsThatOfTheLastHalfMinute() {
    var pace = Pace()
    #expect(pace.stepsPerSecond == nil && pace.secondsLeft(to: 10) == nil)
    pace.note(0, after: 100)
    pace.note(10, after: 110)
    #expect(pace.stepsPerSecond == 1 && pace.secondsLeft(to: 30) == 20)
    for step in 11...100 { pace.note(step, after: 110 + Double(step - 10) * 2) }
    #expect(pace.stepsPerSecond == 0.5 && pace.secondsLeft(to: 110) == 20)
    pace.note(3, after: 400)
    #expect(pace.stepsPerSecond == nil)
  }
}
