import Foundation
import RetortFormats
import Testing

/// Chromium without a window, where it is installed.
enum Browser {
  static let path = ["chromium", "chromium-browser", "google-chrome"].lazy
    .map { "/usr/bin/" + $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// What a page came to: its elements after its script has run, and what the console said.
  struct Visit {
    let page: String
    let complaints: [String]
  }

  /// Opens the file at `page` in a window of the given width.
  static func visit(_ page: String, width: Int) throws -> Visit {
    let data = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: data) }
    let outcome = try CommandLineTool.run(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom",
        "--window-size=\(width),900", "--virtual-time-budget=2000",
        "--user-data-dir=\(data.path)", "file://\(page)",
      ], of: try #require(path))
    #expect(outcome.status == 0, "\(outcome.errors)")
    return Visit(
      page: outcome.output,
      complaints: outcome.errors.split(separator: "\n").filter { $0.contains("CONSOLE") }
        .map(String.init))
  }
}
