import Dispatch
import Synchronization

/// The programs of one context: each distinct source is built once.
///
/// Several threads may ask at the same time; those who ask for one source wait for one build.
package final class ProgramCache: Sendable {
  private let slots = Mutex<[ProgramSource: Slot]>([:])
  private let store: ProgramBinaryStore?
  private let builds = Atomic<Int>(0)

  init(store: ProgramBinaryStore?) { self.store = store }

  /// How many programs have been built or loaded; a test of sharing compares it.
  package var buildCount: Int { builds.load(ordering: .relaxed) }

  private final class Slot: Sendable {
    let result = Mutex<Result<Program, OpenCLError>?>(nil)
  }

  /// The program of `source`, built now if it is the first time.
  package func program(
    _ source: ProgramSource, for context: OpenCLContext
  ) throws(OpenCLError) -> Program {
    let slot = slots.withLock { slots in
      if let slot = slots[source] { return slot }
      let slot = Slot()
      slots[source] = slot
      return slot
    }
    let result = slot.result.withLock { result in
      if let result { return result }
      let built = Result { () throws(OpenCLError) in try build(source, for: context) }
      result = built
      return built
    }
    return try result.get()
  }

  /// Builds all of `sources` on several threads; the first failure in their order is thrown.
  package func prepare(
    _ sources: [ProgramSource], for context: OpenCLContext
  ) throws(OpenCLError) {
    guard sources.count > 1 else {
      if let source = sources.first { _ = try program(source, for: context) }
      return
    }
    DispatchQueue.concurrentPerform(iterations: sources.count) { index in
      // A failure is kept in the slot and thrown below, in the order of the sources.
      _ = try? program(sources[index], for: context)
    }
    for source in sources { _ = try program(source, for: context) }
  }

  private func build(
    _ source: ProgramSource, for context: OpenCLContext
  ) throws(OpenCLError) -> Program {
    builds.add(1, ordering: .relaxed)
    let key = store.map { _ in ProgramBinaryStore.key(of: source, on: context.device) }
    let program = try Program(
      source, library: context.library, context: context.raw, device: context.device,
      binary: key.flatMap { store?.read(key: $0) })
    return program
  }

  /// Stores the compiled form of `program`; called after its kernels were made, because some
  /// drivers compile only then.
  func keep(_ program: Program, for context: OpenCLContext) {
    guard let store else { return }
    let key = ProgramBinaryStore.key(of: program.source, on: context.device)
    guard !store.contains(key: key), let binary = program.binary() else { return }
    store.write(binary, key: key)
  }
}
