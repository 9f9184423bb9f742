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

  /// Runs `retort ARGUMENTS…`, or another program, in `folder` and waits.
  ///
  /// - Parameter whileRunning: Called with the process and each piece of output until its end.
  static func run(
    _ arguments: [String], of program: String = path, in folder: String = "/tmp",
    environment: [String: String] = [:],
    whileRunning: (Process, String) -> Void = { _, _ in }
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // Errors go to a file, so that neither stream can fill up while the other is read.
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    FileManager.default.createFile(atPath: errors.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: errors) }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    var output = Data()
    while case let piece = pipe.fileHandleForReading.availableData, !piece.isEmpty {
      output += piece
      whileRunning(process, String(decoding: piece, as: UTF8.self))
    }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}
