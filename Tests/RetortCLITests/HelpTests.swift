import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// Commands that hand out what the program knows.
@Suite struct HelpTests {
  @Test func aCopiedRecipeIsTheBundledOne() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try CommandLineTool.run(["copy", "fashion-tgt"], in: folder.path)
    #expect(first.status == 0, "\(first.errors)")
    let own = try CommandLineTool.run(["check", "fashion-tgt.yaml", "--json"], in: folder.path)
    let bundled = try CommandLineTool.run(["check", "fashion-tgt", "--json"])
    #expect(try own.json()["recipeSHA256"] == bundled.json()["recipeSHA256"])

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

  /// Every line of the manual page is text or one of its macros, and each part of a recipe has a section.
  @Test func theManualOfRecipesHasEveryPart() throws {
    let page = try CommandLineTool.run(["list", "manual"])
    #expect(page.status == 0)
    let lines = page.output.split(separator: "\n").map(String.init)
    let macros = [
      "Dd", "Dt", "Os", "Sh", "Ss", "Nm", "Nd", "Xr", "Bd", "Ed", "Bl", "El", "It", "Dl",
    ]
    for line in lines where line.hasPrefix(".") {
      #expect(macros.contains { line.hasPrefix(".\($0)") }, "\(line)")
    }
    for part in ["RECIPE", "DATA", "STUDENT", "TRAIN", "OPTIMIZER", "SCHEDULE", "EXTENDS"] {
      #expect(lines.contains(".Sh \(part)"), "\(part)")
    }
    for entry in [".Ss kd", ".Ss bert", ".Ss fashion-mnist", ".It Ic label-smoothing"] {
      #expect(lines.contains(entry), "\(entry)")
    }
    let schema = try CommandLineTool.run(["list", "schema"]).json()
    #expect(schema["properties"]?["losses"] != nil)
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

  /// What bash offers where a word would go, by the script that the program writes.
  @Test func completionOffersWhatThereIs() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["mine.yaml", "inner/other.yaml", "out/recipe.yaml", "notes.txt"] {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
    func offered(_ words: String...) throws -> [String] {
      let line = words.map { "'\($0)'" }.joined(separator: " ")
      let script = """
        PATH=\(FilePath.folder(of: CommandLineTool.path)):$PATH
        source <(retort --generate-completion-script bash)
        COMP_WORDS=(retort \(line)); COMP_CWORD=\(words.count)
        COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
        _retort retort "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"; printf '%s\\n' "${COMPREPLY[@]}"
        """
      let outcome = try CommandLineTool.run(["-c", script], of: "/bin/bash", in: folder.path)
      return outcome.output.split(separator: "\n").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    for command in ["run", "check", "explore"] {
      let recipes = try offered(command, "")
      #expect(Set(recipes).isSuperset(of: ["fashion-demo", "mine.yaml", "out/"]), "\(recipes)")
      #expect(!recipes.contains("notes.txt"))
      #expect(try offered(command, "fashion-k") == ["fashion-kd"])
      #expect(try offered(command, "inner/") == ["inner/other.yaml"])
    }
    let devices = try offered("eval", "out", "--device", "")
    #expect(Set(devices).isSuperset(of: ["auto", "cpu", "opencl", "opencl:0:0"]), "\(devices)")
    #expect(try offered("fetch", "fash") == ["fashion-mnist"])
    #expect(try offered("eval", "out", "--data", "fash") == ["fashion-mnist"])
    #expect(try offered("tune", "--models", "resnet2") == ["resnet20"])
    #expect(try offered("list", "model") == ["models"])
    #expect(try offered("predict", "o").contains { $0.hasPrefix("out") })
  }
}
