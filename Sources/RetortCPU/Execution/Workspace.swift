import RetortCore

/// Scratch memory shared by the steps of one executable, which run one after another.
final class Workspace {
  private var ownBytes = 0
  private var sharedBytes = 0
  private var own: Region?
  private var shared: Region?
  private let workers: Int

  init(workers: Int) { self.workers = workers }

  /// Requests scratch memory for each worker.
  func reserve(perWorker bytes: Int) { ownBytes = max(ownBytes, (bytes + 127) / 64 * 64) }

  /// Requests scratch memory shared by all workers of a step.
  func reserve(shared bytes: Int) { sharedBytes = max(sharedBytes, bytes) }

  /// Allocates the requested memory, before any step runs.
  func allocate() throws {
    own = try Region(byteCount: ownBytes * workers)
    shared = try Region(byteCount: sharedBytes)
  }

  var byteCount: Int { ownBytes * workers + sharedBytes }

  func scratch(_ worker: Int) -> UnsafeMutableRawPointer {
    guard let own else { preconditionFailure("scratch is used before it is allocated") }
    return own.start + worker * ownBytes
  }

  var common: UnsafeMutableRawPointer {
    guard let shared else { preconditionFailure("scratch is used before it is allocated") }
    return shared.start
  }
}
