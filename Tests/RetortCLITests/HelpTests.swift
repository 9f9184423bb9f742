import Foundation
import RetortFormats
import Testing

/// Commands that hand out what the program knows.
@Suite struct HelpTests {
  @Test func aCopiedRecipeIsTheBundledOne() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try CommandLineTool.run(["copy", "fashion-tgt"], in: folder.path)
    #expect(first.status == 0, "\(first.errors)")
    let own = try CommandLineTool.run(["check", "fashion-tgt.yaml", "--json"], in: folder.path)
    let bundled = try CommandLineTool.run(["check", "fashion-tgt", "--json"])
    #expect(try own.json()["sha256"] == bundled.json()["sha256"])

    // What is there stays, unless told otherwise.
    let file = folder.appendingPathComponent("fashion-tgt.yaml")
    try "mine".write(to: file, atomically: true, encoding: .utf8)
    let refused = try CommandLineTool.run(["copy", "fashion-tgt"], in: folder.path)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("--force"))
    #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
    let forced = try CommandLineTool.run(
      ["copy", "fashion-kd", "fashion-tgt.yaml", "--force", "--json"], in: folder.path)
    #expect(try forced.json()["file"]?.string == "fashion-tgt.yaml")
    #expect(try String(contentsOf: file, encoding: .utf8).contains("name: fashion-kd"))
  }

  @Test func everyListedMethodIsExplained() throws {
    for kind in ["losses", "explorations", "optimizers", "augmentations", "samplings"] {
      let list = try CommandLineTool.run(["list", kind, "--json"]).json()[kind]?.array ?? []
      #expect(!list.isEmpty)
      for name in list.compactMap({ $0["name"]?.string }) {
        let explained = try CommandLineTool.run(["explain", name, "--json"])
        #expect(try explained.json()["equation"]?.array?.isEmpty == false, "\(name)")
        let text = try CommandLineTool.run(["explain", name])
        #expect(text.output.contains("source") && text.output.hasPrefix(name), "\(name)")
      }
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func aShellCompletesCommands(_ shell: String) throws {
    let script = try CommandLineTool.run(["--generate-completion-script", shell])
    #expect(script.status == 0)
    for word in ["explain", "fashion-demo", "pixel-gradient", "--device"] {
      #expect(script.output.contains(shell == "fish" ? String(word.drop { $0 == "-" }) : word))
    }
  }
}
