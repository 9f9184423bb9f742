import Foundation
import RetortFormats
import Testing

/// The program `retort` as a user starts it.
enum CommandLineTool {
  /// What a finished program leaves.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The output as JSON.
    func json() throws -> JSONValue {
      try JSONValue.parse(Array(output.utf8)[...], path: "output of retort")
    }
  }

  /// The program beside the test bundle: both are built into one folder.
  static var path: String {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("retort").path
  }

  /// `Tests/Goldens`.
  static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Goldens").path

  /// Runs `retort ARGUMENTS…`, or another program, in `folder` and waits.
  ///
  /// - Parameter whileRunning: Called with the process every millisecond until its end.
  static func run(
    _ arguments: [String], of program: String = path, in folder: String = "/tmp",
    environment: [String: String] = [:],
    whileRunning: (Process) -> Void = { _ in }
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // Files, so that neither stream can fill up while nobody reads it.
    let streams = (0..<2).map { _ in
      FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    }
    defer { for stream in streams { try? FileManager.default.removeItem(at: stream) } }
    for stream in streams { try Data().write(to: stream) }
    process.standardOutput = try FileHandle(forWritingTo: streams[0])
    process.standardError = try FileHandle(forWritingTo: streams[1])
    try process.run()
    while process.isRunning {
      whileRunning(process)
      usleep(1000)
    }
    process.waitUntilExit()
    let texts = try streams.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    // Where PoCL compiles, its compiler counts its warnings there.
    let errors = texts[1].replacing(#/(?m)^[0-9]+ warnings? generated\.\n/#, with: "")
    return Outcome(status: process.terminationStatus, output: texts[0], errors: errors)
  }

  /// How many lines of metrics the runs in and under `folder` have written.
  static func metricLines(in folder: String) -> Int {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix("metrics.jsonl") }.reduce(0) { count, name in
      let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
      return count + bytes.filter { $0 == UInt8(ascii: "\n") }.count
    }
  }
}
