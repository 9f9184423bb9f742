import ArgumentParser
import Glibc
import RetortCore
import RetortRuns
import RetortSchema

/// The program `retort`, which distils large models into small ones on any OpenCL device.
@main
struct RetortCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retort",
    abstract: "Distils large models into small ones on any OpenCL device, or none.",
    version: retortVersion,
    subcommands: [
      Distil.self, Run.self, Check.self, Report.self, Eval.self, Predict.self, Explore.self,
      Export.self, Verify.self, Inspect.self, Explain.self, List.self, Copy.self, Devices.self,
      Tune.self, Fetch.self, Bench.self,
    ])

  /// Runs the command line and exits: 0, 1 for a failure, 2 for a wrong command line or recipe.
  static func main() {
    // A reader that closes the output early must not end a training run.
    signal(SIGPIPE, SIG_IGN)
    // A limit on file sizes makes the write fail instead of ending the process.
    signal(SIGXFSZ, SIG_IGN)
    do {
      if let fault = DebugOutput.fault { throw ValidationError(fault) }
      var command = try parseAsRoot()
      try command.run()
      try StandardOutput.finish()
    } catch {
      Glibc.exit(report(error))
    }
  }

  /// Prints the error, to either stream, and returns the exit status.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let code as ExitCode:
      return code.rawValue == ExitCode.validationFailure.rawValue ? 2 : code.rawValue
    case let faults as RecipeErrors:
      for fault in faults.faults {
        StandardError.write(fault.description.plain(keepingLines: false))
      }
      return 2
    default: break
    }
    switch exitCode(for: error) {
    case .success:
      StandardOutput.write(fullMessage(for: error))
      return 0
    case .validationFailure:
      StandardError.write(fullMessage(for: error))
      return 2
    default:
      StandardError.complain("\(error)")
      return 1
    }
  }
}
