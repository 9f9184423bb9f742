import Foundation
import RetortFormats
import RetortTestSupport
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

  /// Opens the file at `page`, or that in a frame of the given width.
  ///
  /// Windows cannot be narrower than 500 pixels. A page in a frame may write into what is around it.
  static func visit(_ page: String, inFrameOf width: Int? = nil) throws -> Visit {
    var page = page
    if let width {
      let text = try String(contentsOfFile: page, encoding: .utf8)
        .replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
      page += ".frame.html"
      let frame = "<iframe width=\"\(width)\" height=\"900\" style=\"border: 0\""
      try "\(frame) srcdoc=\"\(text)\"></iframe>".write(
        toFile: page, atomically: true, encoding: .utf8)
    }
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let outcome = try CommandLineTool.run(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom",
        "--window-size=1400,900", "--virtual-time-budget=2000",
        "--user-data-dir=\(data.path)", "file://\(page)",
      ], of: try #require(path))
    #expect(outcome.status == 0, "\(outcome.errors)")
    return Visit(
      page: outcome.output,
      complaints: outcome.errors.split(separator: "\n").filter { $0.contains("CONSOLE") }
        .map(String.init))
  }
}
