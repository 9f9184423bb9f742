import FoundationEssentials
import Glibc
import RetortData
import RetortOpenCL

/// A trial of a device in a new process of this program, so that a driver's crash or hang affects only that
/// process.
enum DeviceTrialProcess {
  /// The time limit of a trial: slow compilers need a minute for the probes.
  static let limit: Duration = {
    let standard = Duration.seconds(180)
    guard let text = ProcessInfo.processInfo.environment["RETORT_DRIVER_SECONDS"] else {
      return standard
    }
    guard let seconds = Int(text), (1...86_400).contains(seconds) else {
      StandardError.complain(
        "RETORT_DRIVER_SECONDS is '\(text)', and not a number from 1 to 86400; 180 is taken")
      return standard
    }
    return .seconds(seconds)
  }()

  /// The trial to pass to `DeviceChoice`.
  static let trial = DeviceTrial { device, withPeaks in
    fault(["--probe", device.selector] + (withPeaks ? ["--peaks"] : []))
  }

  /// The reason why `retort devices ARGUMENTS…` fails; nil if it succeeds.
  ///
  /// - Parameters:
  ///   - subject: The beginning of the reason.
  ///   - changes: Changes to the environment of the process.
  static func fault(
    _ arguments: [String], limit: Duration = limit, of subject: String = "whose driver",
    changes: [String: String] = [:]
  ) -> String? {
    var environment = ProcessInfo.processInfo.environment.merging(changes) { $1 }
    // Without Swift's backtrace, as producing one can hang.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    let process = Subprocess(
      program: "/proc/self/exe", arguments: ["devices"] + arguments, environment: environment)
    let clock = ContinuousClock()
    let end = clock.now + limit
    do throws(Overdue) {
      let outcome = try process.run { () throws(Overdue) in
        if clock.now > end { throw Overdue() }
      }
      return words(outcome).map { "\(subject) \($0)" }
    } catch {
      return "\(subject) did not end what was tried within \(limit.components.seconds) seconds"
    }
  }

  private struct Overdue: Error {}

  private static func words(_ outcome: Subprocess.Outcome) -> String? {
    switch outcome {
    case .exited(0, _): return nil
    case .exited(_, let words):
      return "failed at what was tried: "
        + (words.hasPrefix("retort: ") ? String(words.dropFirst("retort: ".count)) : words)
    case .killed(let signal, let words):
      let name = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
      return "ended the process that tried it (\(name))" + (words.isEmpty ? "" : ": \(words)")
    // If no process can be started, the device is tried in this one.
    case .notStarted: return nil
    }
  }
}
