import Glibc

/// The main memory of this process.
package enum HostMemory {
  /// The bytes of the machine's memory, or a lower limit set by a control group or `ulimit -v`.
  package static var byteCount: Int {
    [physical, groupLimit, addressLimit].compactMap(\.self).min() ?? .max
  }

  /// The bytes that can still be allocated without swapping.
  package static var available: Int {
    let held = statm
    var least = meminfo("MemAvailable") ?? physical ?? .max
    if let groupLimit { least = min(least, groupLimit - held.resident) }
    if let addressLimit { least = min(least, addressLimit - held.virtual) }
    return max(0, least)
  }

  /// Checks that `byteCount` bytes can be allocated, before anything is.
  ///
  /// - Parameter what: The purpose named in the message, such as `the weights of model 'student'`.
  /// - Throws: `BackendError.memory` if fewer bytes are available.
  package static func require(_ byteCount: Int, for what: String) throws(BackendError) {
    // The check takes longer than an allocation below 64 MiB, which is unlikely to fail.
    guard byteCount > 1 << 26 else { return }
    let available = available
    guard byteCount <= available else {
      throw .memory(what, needed: byteCount, available: available, of: "the machine")
    }
  }

  private static var physical: Int? {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? pages.multipliedReportingOverflow(by: size).partialValue : nil
  }

  /// The limit set by `ulimit -v`, in bytes; nil for no limit.
  private static var addressLimit: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return nil }
    return Int(exactly: limit.rlim_cur)
  }

  /// The limit of the process's control group, version 1 or 2, in bytes; nil for no limit.
  private static var groupLimit: Int? {
    let groups = lines("/proc/self/cgroup").compactMap { line -> String? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      if parts[1].isEmpty { return "/sys/fs/cgroup\(parts[2])/memory.max" }
      guard parts[1].split(separator: ",").contains("memory") else { return nil }
      return "/sys/fs/cgroup/memory\(parts[2])/memory.limit_in_bytes"
    }
    let limits = groups + ["/sys/fs/cgroup/memory.max"]
    return limits.compactMap { lines($0).first.flatMap { Int($0) } }.min()
  }

  /// The process's address space and its resident part, in bytes.
  private static var statm: (virtual: Int, resident: Int) {
    let pages = (lines("/proc/self/statm").first ?? "").split(separator: " ").map { Int($0) ?? 0 }
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages.count > 1 ? (pages[0] * size, pages[1] * size) : (0, 0)
  }

  /// A row of `/proc/meminfo`, in bytes.
  private static func meminfo(_ name: String) -> Int? {
    lines("/proc/meminfo").first { $0.hasPrefix(name + ":") }
      .flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.map { $0 * 1024 }
  }

  /// The lines of one of the kernel's small files; none where it cannot be read.
  private static func lines(_ path: String) -> [Substring] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        read(file, $0.baseAddress.map { $0 + count }, $0.count - count)
      }
      guard got > 0 else { break }
      count += got
    }
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
  }
}
