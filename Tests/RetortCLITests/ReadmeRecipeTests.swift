import Foundation
import RetortTestSupport
import Testing

/// The README's sample recipe, with the command that runs it.
@Suite struct ReadmeRecipeTests {
  private static let readme = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../README.md")

  private func block(_ language: String, containing part: String) throws -> String {
    let blocks = try String(contentsOf: Self.readme, encoding: .utf8)
      .components(separatedBy: "```\(language)\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
    return try #require(blocks.first { $0.contains(part) })
  }

  @Test func itRunsAsPrinted() throws {
    let small = try SmallRun()
    try SmallPictures.write(to: small.path + "/data/fashion-mnist", training: 300)
    // The models of the demo, hardly trained.
    _ = try small.retort(["copy", "fashion-demo", "demo.yaml"])
    let demo = String(decoding: try small.read("demo.yaml"), as: UTF8.self)
      .components(separatedBy: "  - name: distil")[0]
      .replacing(#/train: {.*}/#, with: "train: {steps: 2, batch: 8}")
    try small.write(Array(demo.utf8), to: "demo.yaml")
    func retort(_ arguments: [String]) throws {
      let outcome = try CommandLineTool.run(
        arguments + ["--device", "cpu"], in: small.path,
        environment: ["RETORT_DATA": small.path + "/data"])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try retort(["run", "demo.yaml", "--output", "runs/fashion-demo"])

    try small.write(
      Array(try block("yaml", containing: "my-student").utf8), to: "my-student.yaml")
    let command = try block("sh", containing: "my-student.yaml")
      .trimmingCharacters(in: .newlines).replacing("train.steps=1000", with: "train.steps=2")
    #expect(command.hasPrefix("retort ") && command.hasSuffix("=2"))
    try retort(command.split(separator: " ").dropFirst().map(String.init))
    #expect(small.exists("runs/my-student/report.html"))
  }

  /// The commands that the man page shows exist and take what they are given.
  @Test func theManualsExamplesAreCommands() throws {
    let manual = try String(
      contentsOf: Self.readme.deletingLastPathComponent()
        .appendingPathComponent("Documentation/manual.mdoc"), encoding: .utf8)
    let lines = manual.split(separator: "\n").filter { $0.hasPrefix("retort ") }
    #expect(lines.count > 5)
    let small = try SmallRun()
    try small.write(Array("version: 1\nname: a\nstudent: {model: mlp}\n".utf8), to: "a.yaml")
    try small.write(try small.read("a.yaml"), to: "runs/fashion-demo/recipe.yaml")
    for line in lines {
      let words = line.split(separator: " ").dropFirst().map(String.init)
      // On a device that is not there nothing is trained.
      let computes = ["run", "eval", "predict"].contains(words[0])
      let outcome = try small.retort(words + (computes ? ["--device", "opencl:nowhere"] : []))
      // A wrong command line is status 2; a run or a device that is not there, 1.
      #expect(outcome.status < 2, "\(line): \(outcome.errors)")
    }
  }
}
