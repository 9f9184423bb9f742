import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// `retort export` as a user calls it.
@Suite struct ExportTests {
  private static let recipe = """
    version: 1
    name: one
    data: {name: fashion-mnist, directory: pictures}
    student: {model: lenet5-small}
    train: {steps: 4, batch: 10}

    """

  @Test func aRunBecomesAFileOfEitherKind() throws {
    let small = try SmallRun(variants: 1)
    try small.write(Array(Self.recipe.utf8), to: "one.yaml")
    let cpu = ["--device", "cpu"]
    let run = try small.retort(["run", "one.yaml", "--output", "out"] + cpu)
    #expect(run.status == 0, "\(run.errors)")
    try small.write([], to: "weights/empty")
    for arguments in [
      ["out", "-o", "student.onnx"], ["out/student", "--output", "weights/student.safetensors"],
      ["student.onnx", "--format", "onnx", "-o", "again"],
    ] {
      let export = try small.retort(["export"] + arguments)
      #expect(export.status == 0 && export.output.isEmpty, "\(export.errors)")
    }
    let pictures = ["--directory", "pictures", "--json"] + cpu
    let own = try small.retort(["eval", "out"] + pictures).json()["model"]
    for file in ["student.onnx", "weights/student.safetensors", "out/student/model.onnx"] {
      let found = try small.retort(["eval", file] + pictures)
      #expect(found.status == 0, "\(found.errors)")
      #expect(try found.json()["model"]?["accuracy"] == own?["accuracy"])
      #expect(try found.json()["model"]?["parameters"] == own?["parameters"])
    }
    func bytes(_ name: String) throws -> [UInt8] { try FileBytes.read("\(small.path)/\(name)") }
    #expect(try bytes("student.onnx") == bytes("out/student/model.onnx"))
    let inspect = try small.retort(["inspect", "again"])
    #expect(inspect.status != 0)
    #expect(try ONNXModel.parse(bytes("again")).metadata["retort.classNames"] != nil)
    // The standard output receives the file itself.
    let piped = try CommandLineTool.run(
      ["-c", "'\(CommandLineTool.path)' export out -o - > piped.onnx"], of: "/bin/sh",
      in: small.path)
    #expect(piped.status == 0, "\(piped.errors)")
    #expect(try bytes("piped.onnx") == bytes("student.onnx"))
    try expectRefusals(of: small)
  }

  private func expectRefusals(of small: SmallRun) throws {
    for (arguments, status, text) in [
      (["nowhere", "-o", "a.onnx"], 1, "nowhere"),
      (["out"], 2, "--output"), (["out", "-o", "a", "--format", "pth"], 2, "onnx"),
      (["out", "-o", "none/a.onnx"], 1, "none/a.onnx"),
    ] as [([String], Int32, String)] {
      let outcome = try small.retort(["export"] + arguments)
      #expect(outcome.status == status && outcome.errors.contains(text), "\(outcome.errors)")
    }
    #expect(!small.exists("a.onnx") && !small.exists("a"))
  }
}
