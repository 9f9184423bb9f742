import COpenCL
import Glibc

/// What one run of a probe gives.
enum ProbeAnswer<Value> {
  /// The right result.
  case right(Value)
  /// The sign that the feature is not there.
  case nothing
  /// Numbers that are neither.
  case wrong
}

/// What is known of a feature after asking its probe: that it is there, that it is not, or nothing.
enum ProbeFinding<Value> {
  /// The feature is there.
  case found(Value)
  /// The device lacks it, for this reason.
  case absent(String)
  /// Something else failed, now.
  case failed(OpenCLError)

  /// Believes a right result, or the sign that nothing is there, at once; asks again before it believes
  /// anything else, since other processes that start now may disturb drivers and their caches.
  init(attempts: Int = 3, _ probe: () throws(OpenCLError) -> ProbeAnswer<Value>) {
    var finding = ProbeFinding.absent("it gives nothing")
    for attempt in 1...attempts {
      do throws(OpenCLError) {
        switch try probe() {
        case .right(let value):
          self = .found(value)
          return
        case .nothing:
          self = .absent("it gives nothing")
          return
        case .wrong: finding = .absent("it gives a wrong result")
        }
      } catch {
        finding = error.isOfTheDevice ? .absent("\(error)") : .failed(error)
      }
      if attempt < attempts { usleep(useconds_t(50_000 * attempt)) }
    }
    self = finding
  }

  /// What was found.
  var value: Value? {
    if case .found(let value) = self { value } else { nil }
  }

  /// Why the feature is not there.
  var fault: String? {
    if case .absent(let reason) = self { reason } else { nil }
  }
}

extension OpenCLError {
  /// Whether the error says what the device or its compiler can do, and not how they are just now.
  var isOfTheDevice: Bool {
    switch self {
    case .launch: true
    // A compiler that fails for want of memory or disk space complains of nothing in the text.
    case .build(_, let code, _, let log):
      code == OCL_BUILD_PROGRAM_FAILURE && log.contains("error")
    case .call(_, let code, _):
      [OCL_INVALID_WORK_GROUP_SIZE, OCL_INVALID_WORK_ITEM_SIZE, OCL_INVALID_KERNEL].contains(code)
    default: false
    }
  }
}
