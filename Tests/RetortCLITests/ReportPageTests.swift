import Foundation
import RetortFormats
import Testing

/// Whether a browser shows what a run leaves; skipped where there is no Chromium.
@Suite struct ReportPageTests {
  private static let chromium = ["chromium", "chromium-browser", "google-chrome"].lazy
    .map { "/usr/bin/" + $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: chromium != nil, "Chromium is not installed"))
  func aBrowserShowsThePageWithoutErrors() throws {
    let browser = try #require(Self.chromium)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try CommandLineTool.run(
      [
        "run", "fashion-kd", "--device", "cpu", "--output", "out", "--json",
        "--set", "data.labelled=20", "--set", "teacher={model: mlp}", "--set", "student.model=mlp",
        "--set", "losses=[{kind: cross-entropy}]", "--set",
        "train={steps: 4, batch: 10, log-every: 1}",
      ], in: folder.path)
    #expect(run.status == 0, "\(run.errors)")

    let process = Process()
    process.executableURL = URL(fileURLWithPath: browser)
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom",
      "--user-data-dir=\(folder.path)/browser", "file://\(folder.path)/out/report.html",
    ]
    let (output, errors) = (Pipe(), folder.appendingPathComponent("errors"))
    FileManager.default.createFile(atPath: errors.path, contents: nil)
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let page = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let complaints = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
      .filter { $0.contains("CONSOLE") }
    #expect(complaints.isEmpty, "\(complaints)")
    // What the browser made of it: tables, curves and the diagram are where they were written.
    for part in [
      "<table class=\"results\">", "class=\"curve c0\"", "class=\"confusion\"", "</html>",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }
}
