import Foundation
import RetortFormats
import Testing

@testable import RetortCLI

/// Text of others on a terminal: nothing of it steers, hides or turns around what is read.
@Suite struct PlainTextTests {
  /// Colours, a cleared screen, a title, a return, a bell; the C1 forms; directions; a line of its own.
  private static let hostile =
    "a\u{1B}[2J\u{1B}]0;t\u{7}b\rc\u{8}d\u{9B}1me\u{202E}f\u{2066}g\u{200F}h\u{2028}i\u{7F}j\u{E0041}k"

  @Test func whatSteersIsWrittenOut() {
    #expect(
      Self.hostile.plain(keepingLines: false)
        == "a\\u001B[2J\\u001B]0;t\\u0007b\\u000Dc\\u0008d\\u009B1me\\u202Ef\\u2066g\\u200Fh"
        + "\\u2028i\\u007Fj\\uDB40\\uDC41k")
    #expect("a\nb\tc".plain(keepingLines: true) == "a\nb\tc")
    #expect("a\nb\tc".plain(keepingLines: false) == "a\\u000Ab\\u0009c")
    for harmless in ["naïve – «ü» 漢字 שלום عربي", "👩‍🔬 e\u{301}", ""] {
      #expect(harmless.plain(keepingLines: false) == harmless)
    }
  }

  /// Everything of a file that a command shows.
  @Test func namesOutOfFilesAreNeutralised() throws {
    let small = try SmallRun()
    let name = Self.hostile
    let tensor = HostTensor(shape: [1], floats: [0])
    try Safetensors(
      tensors: [name + "\nsecond line": tensor], metadata: [name: name, "case": name]
    ).write(to: small.path + "/w.safetensors")
    let quoted = JSONValue.quoted(name)
    try small.write(Array("{\(quoted):[\(quoted)]}".utf8), to: "result.json")
    let yaml = "version: 1\nname: a\n\(quoted): 1\nstudent: {model: \(quoted), \(quoted): 2}\n"
    try small.write(Array(yaml.utf8), to: "r.yaml")
    let config = #"{"model":"mlp","classNames":[\#(quoted)],\#(quoted):1}"#
    try small.write(Array(config.utf8), to: "model/config.json")
    try FileManager.default.copyItem(
      atPath: small.path + "/w.safetensors", toPath: small.path + "/model/model.safetensors")
    for arguments in [
      ["inspect", "w.safetensors"], ["inspect", "w.safetensors", "--json"],
      ["inspect", "result.json"], ["inspect", "result.json", "--json"], ["inspect", name],
      ["check", "r.yaml"], ["check", "r.yaml", "--json"], ["check", name],
      ["check", "fashion-demo", "--set", name], ["run", "r.yaml"], ["eval", "model"],
      ["eval", "w.safetensors"], ["predict", "model", name], ["verify", "w.safetensors"],
      ["report", name], ["explain", name], ["fetch", name], ["bench", "step", "--models", name],
      ["eval", name, "--device", name], [name],
    ] {
      let outcome = try small.retort(arguments)
      let text = outcome.output + outcome.errors
      #expect(!text.isEmpty, "\(arguments)")
      for scalar in text.unicodeScalars where scalar != "\n" {
        let kind = scalar.properties.generalCategory
        #expect(
          kind != .control && kind != .format && kind != .lineSeparator, "\(arguments): \(text)")
      }
      #expect(!text.contains("\nsecond line"), "\(arguments)")
    }
    let inspected = try small.retort(["inspect", "w.safetensors", "--json"]).json()
    #expect(inspected["tensors"]?.array?[0]["name"]?.string == name + "\nsecond line")
  }
}
