import FoundationEssentials
import Glibc
import RetortFormats
import RetortOpenCL

/// The result of loading the installed OpenCL drivers in another process, before this one loads them.
///
/// If that process fails, each driver is loaded in a process of its own, and this process then loads only the
/// drivers that pass.
struct DriverSurvey {
  /// The drivers left out: the file that names each, and the reason as a relative clause.
  private(set) var leftOut: [(file: String, reason: String)] = []
  /// The reason why no driver can be loaded; nil if some can.
  private(set) var fault: String?

  /// The survey, made once per process.
  static let shared = DriverSurvey()

  private init() {
    guard let fault = Self.fault() else { return }
    let environment = ProcessInfo.processInfo.environment
    let folder = environment[Self.variable] ?? "/etc/OpenCL/vendors"
    let files = ((try? FolderEntries.names(folder)) ?? []).filter { $0.hasSuffix(".icd") }
      .map { "\(folder)/\($0)" }
    var passed: [String] = []
    for file in files {
      if let reason = Self.fault(of: "which", changes: [Self.variable: file]) {
        leftOut.append((file, reason))
      } else {
        passed.append(file)
      }
    }
    // No single driver is at fault, or the loader itself is.
    guard !passed.isEmpty, !leftOut.isEmpty, Self.choose(passed) else {
      leftOut = []
      self.fault = fault
      return
    }
  }

  private static let variable = "OCL_ICD_VENDORS"

  private static func fault(
    of subject: String = "a driver", changes: [String: String] = [:]
  ) -> String? {
    DeviceTrialProcess.fault(
      ["--probe", "all"], limit: min(.seconds(60), DeviceTrialProcess.limit), of: subject,
      changes: changes)
  }

  /// Makes this process and its children load only the drivers of `files`; false if that fails.
  private static func choose(_ files: [String]) -> Bool {
    let place = FileManager.default.temporaryDirectory.appending(path: "retort-drivers-XXXXXX")
    var template = Array(place.path.utf8CString)
    guard let made = mkdtemp(&template) else { return false }
    folder = String(cString: made)
    atexit { DriverSurvey.removeFolder() }
    for (index, file) in files.enumerated() {
      guard let path = try? FilePath.absolute(file), symlink(path, "\(folder)/\(index).icd") == 0
      else { return false }
    }
    return setenv(variable, folder, 1) == 0
  }

  // Written once, before the process ends.
  nonisolated(unsafe) private static var folder = ""

  private static func removeFolder() {
    for name in (try? FolderEntries.names(folder)) ?? [] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }
}
