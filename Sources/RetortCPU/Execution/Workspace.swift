import RetortCore

/// Scratch memory that the steps of one executable share, since they run one after another.
final class Workspace {
  private var ownBytes = 0
  private var sharedBytes = 0
  private var own: Region?
  private var shared: Region?
  private let workers: Int

  init(workers: Int) { self.workers = workers }

  /// Asks for scratch of each worker.
  func reserve(perWorker bytes: Int) { ownBytes = max(ownBytes, (bytes + 127) / 64 * 64) }

  /// Asks for scratch that all workers of a step see.
  func reserve(shared bytes: Int) { sharedBytes = max(sharedBytes, bytes) }

  /// Provides what has been asked for; no step runs before.
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
