import Glibc
import RetortCore

/// Zeroed, aligned memory that is freed with its last reference.
final class Region: @unchecked Sendable {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  /// - Throws: `BackendError.memory` or `.device` if the memory cannot be allocated.
  init(byteCount: Int) throws {
    try HostMemory.require(byteCount, for: "a buffer of the CPU backend")
    let size = max(64, byteCount)
    var memory: UnsafeMutableRawPointer?
    guard byteCount >= 0, posix_memalign(&memory, 64, size) == 0, let memory else {
      throw BackendError.device("the CPU backend could not allocate \(byteCount) bytes")
    }
    memset(memory, 0, size)
    start = memory
    self.byteCount = byteCount
  }

  deinit { free(start) }
}
