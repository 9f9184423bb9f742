import FoundationEssentials
import Glibc
import RetortData
import RetortOpenCL

/// Tries devices by this program once more: a driver that crashes or hangs takes only that along.
enum DeviceTrialProcess {
  /// What a trial may take: slow compilers need a minute for the probes.
  private static let limit = Duration.seconds(180)

  /// The trial for `DeviceChoice`.
  static let trial = DeviceTrial { device, withPeaks in
    fault(["--probe", device.selector] + (withPeaks ? ["--peaks"] : []))
  }

  /// Why `retort devices ARGUMENTS…` does not end well; nil if it does.
  static func fault(_ arguments: [String], limit: Duration = limit) -> String? {
    var environment = ProcessInfo.processInfo.environment
    // A crash is to end the process, and not to be looked into, which can hang.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    let process = Subprocess(
      program: "/proc/self/exe", arguments: ["devices"] + arguments, environment: environment)
    let clock = ContinuousClock()
    let end = clock.now + limit
    do throws(Overdue) {
      let outcome = try process.run { () throws(Overdue) in
        if clock.now > end { throw Overdue() }
      }
      return words(outcome)
    } catch {
      return "whose driver did not end what was tried within \(limit.components.seconds) seconds"
    }
  }

  private struct Overdue: Error {}

  private static func words(_ outcome: Subprocess.Outcome) -> String? {
    switch outcome {
    case .exited(0, _): return nil
    case .exited(_, let words):
      return "on which what was tried failed: "
        + (words.hasPrefix("retort: ") ? String(words.dropFirst("retort: ".count)) : words)
    case .killed(let signal, let words):
      let name = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
      return "whose driver ended the process that tried it (\(name))"
        + (words.isEmpty ? "" : ": \(words)")
    // Without another process it is tried in this one.
    case .notStarted: return nil
    }
  }
}
