import FoundationEssentials
import Glibc
import RetortFormats
import RetortOpenCL

/// What came of loading the installed drivers in another process, before this one loads them.
///
/// Where that process does not end well, each driver is loaded in one of its own, and this process then
/// loads those that pass.
struct DriverSurvey {
  /// Drivers that are left out: the file that names each, and the reason, as a clause that follows it.
  private(set) var leftOut: [(file: String, reason: String)] = []
  /// Why no driver can be loaded; nil where some can, or where none needs to be left out.
  private(set) var fault: String?

  /// The survey, made once.
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
    // None is at fault alone, or what loads them is.
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

  /// Has this process, and those that it starts, load the drivers of `files` alone.
  private static func choose(_ files: [String]) -> Bool {
    var template = Array("/tmp/retort-drivers-XXXXXX".utf8CString)
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
