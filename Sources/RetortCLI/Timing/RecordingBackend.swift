import RetortCore
import RetortOpenCL

/// Another backend that remembers what it compiled last, to ask it for times.
final class RecordingBackend: Backend {
  private let base: any Backend
  private var last: (any Executable)?

  /// Remembers what `base` compiles.
  init(_ base: any Backend) { self.base = base }

  var name: String { base.name }

  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    try base.makeBuffer(count: count, dtype: dtype)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    let executable = try base.compile(plan, variables: variables)
    last = executable
    return executable
  }

  /// Device times of one run of what was compiled last, launch by launch; nil where the device
  /// keeps none.
  func profile() throws -> [(label: String, nanoseconds: UInt64)]? {
    guard let executable = last as? OpenCLExecutable else { return nil }
    return try executable.profile()
  }
}
