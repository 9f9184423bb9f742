import Foundation
import RetortTestSupport
import Testing

/// The script that measures a machine's GPU, beside a program that stands in for `retort`.
@Suite struct DeviceReportTests {
  private static func file(_ path: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../\(path)").standardizedFileURL.path
  }

  @Test func itsRecipeHasNoFault() throws {
    let outcome = try CommandLineTool.run(["check", Self.file("Benchmarks/peers/report.yaml")])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func aPartThatHangsCostsNoOther() throws {
    let bundle = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: bundle) }
    let copy = bundle.appendingPathComponent("gpu-report.sh").path
    try FileManager.default.copyItem(atPath: Self.file("Scripts/gpu-report.sh"), toPath: copy)
    let program = bundle.appendingPathComponent("retort").path
    try """
    #!/bin/sh
    case "$*" in
      *--kernels*) echo '{"fault":null}'; echo '{"fault":"element 3"}'; exit 1 ;;
      verify*) echo begun; exec sleep 1000 ;;
      *) echo "$@" ;;
    esac
    """.write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)

    let outcome = try CommandLineTool.run(
      [copy, "results"], of: "/bin/bash", in: bundle.path,
      environment: [
        "LIMIT": "16", "PEERS_PYTHON": "/bin/false", "RETORT_DATA": "/nowhere", "DEVICE": "some",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    func text(_ name: String) throws -> String {
      try String(
        contentsOf: bundle.appendingPathComponent("results/\(name).txt"), encoding: .utf8)
    }
    let summary = try text("summary")
    for line in [
      "verify +[0-9]+ s  ended after its 2 s", "verify-kernels +[0-9]+ s  failed with status 1",
      "right: 1, wrong: 1", "recipe +[0-9]+ s  ok", "torch +[0-9]+ s  failed with status 1",
      "nothing is compared: /bin/false has no PyTorch",
    ] {
      #expect(summary.range(of: line, options: .regularExpression) != nil, "\(line)\n\(summary)")
    }
    #expect(try text("verify") == "begun\n")
    #expect(
      try text("no-loads-mobile")
        == "bench step --models mobile --repeats 5 --device some --no-loads\n")
    #expect(outcome.output == summary)
  }
}
