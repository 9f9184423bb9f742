import Glibc

/// The main memory that this process holds, as Linux counts it; 0 where that cannot be read.
enum ResidentMemory {
  /// Bytes held now.
  static var now: Int { kibibytes("VmRSS:") * 1024 }

  /// The most bytes held since the start or `forgetPeak()`.
  static var peak: Int { kibibytes("VmHWM:") * 1024 }

  /// Lets `peak` begin again at what is held now; where the system forbids it, `peak` goes on.
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
