import Glibc

/// The resident memory of this process, as reported by Linux; 0 if that cannot be read.
enum ResidentMemory {
  /// The current resident memory in bytes.
  static var now: Int { kibibytes("VmRSS:") * 1024 }

  /// The peak of resident memory since the start or `forgetPeak()`, in bytes.
  static var peak: Int { kibibytes("VmHWM:") * 1024 }

  /// Resets `peak` to the current value; without effect where the system forbids it.
  static func forgetPeak() {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "5", 1)
    close(descriptor)
  }

  private static func kibibytes(_ key: String) -> Int {
    let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
  }
}
