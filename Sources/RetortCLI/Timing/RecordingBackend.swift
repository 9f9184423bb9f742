import RetortCore
import RetortOpenCL

/// Another backend that remembers what it compiled last, to ask it for times.
final class RecordingBackend: Backend {
  private let base: any Backend
  private var last: (any Executable)?

  /// Remembers what `base` compiles, with convolutions that compute what they load or not.
  init(_ base: any Backend, fusesLoads: Bool) {
    (self.base, self.fusesLoads) = (base, fusesLoads)
  }

  let fusesLoads: Bool
  var name: String { base.name }

  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    try base.makeBuffer(count: count, dtype: dtype)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    let executable = try base.compile(plan, variables: variables)
    last = executable
    return executable
  }

  /// Where the time of what was compiled last goes: of each launch the median of a few runs; nil
  /// where the device keeps no times.
  func profile() throws -> KernelProfile? {
    guard let executable = last as? OpenCLExecutable, let base = base as? OpenCLBackend else {
      return nil
    }
    let runs = try (0..<Self.profiledRuns).map { _ in try executable.profile() }
    let medians = executable.launches.indices.map { launch in
      runs.map { $0[launch] }.sorted()[Self.profiledRuns / 2]
    }
    return KernelProfile(
      executable.launches, nanoseconds: medians,
      // Measured beside the launches, so that other programs slow both.
      peaks: try DevicePeaks.of(base.context, store: nil))
  }

  private static let profiledRuns = 5
}
