import RetortCore
import RetortOpenCL

/// A backend that records the executable compiled last, for its profile.
final class RecordingBackend: Backend {
  private let base: any Backend
  private var last: (any Executable)?
  private var lastPeaks: DevicePeaks?

  /// Records the executables that `base` compiles, with or without prologues of convolutions.
  init(_ base: any Backend, fusesPrologues: Bool) {
    (self.base, self.fusesPrologues) = (base, fusesPrologues)
  }

  let fusesPrologues: Bool
  var name: String { base.name }

  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    try base.makeBuffer(count: count, dtype: dtype)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    let executable = try base.compile(plan, variables: variables)
    (last, lastPeaks) = (executable, nil)
    return executable
  }

  /// The least time of a run of the executable compiled last, by the peaks of the device, in seconds; nil if
  /// those are not measured.
  ///
  /// Each launch takes at least its operations by the peak of multiply-adds, and its bytes by the peak of
  /// copies: Williams, Waterman, Patterson 2009, "Roofline".
  func leastSeconds() throws -> Double? {
    guard let executable = last as? OpenCLExecutable, let base = base as? OpenCLBackend else {
      return nil
    }
    let peaks = try peaks(of: base)
    return executable.launches.reduce(0) { sum, launch in
      sum
        + max(
          Double(launch.work.operations) / peaks.floatOperationsPerSecond,
          Double(launch.work.bytes) / peaks.copyBytesPerSecond)
    }
  }

  /// The profile of the executable compiled last, with the median time of a few runs per launch; nil if the
  /// device measures no times.
  func profile() throws -> KernelProfile? {
    guard let executable = last as? OpenCLExecutable, let base = base as? OpenCLBackend else {
      return nil
    }
    let runs = try (0..<Self.profiledRuns).map { _ in try executable.profile() }
    let medians = executable.launches.indices.map { launch in
      runs.map { $0[launch] }.sorted()[Self.profiledRuns / 2]
    }
    return KernelProfile(
      executable.launches, nanoseconds: medians, peaks: try peaks(of: base))
  }

  /// The peaks, measured right after the executable compiled last has run, so that other programs slow down
  /// both; once for each executable.
  private func peaks(of backend: OpenCLBackend) throws -> DevicePeaks {
    if let lastPeaks { return lastPeaks }
    let peaks = try DevicePeaks.of(backend.context, store: nil)
    lastPeaks = peaks
    return peaks
  }

  private static let profiledRuns = 5
}
