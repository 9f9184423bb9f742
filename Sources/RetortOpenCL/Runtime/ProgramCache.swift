import RetortCore
import Synchronization

/// Where an instance's kernels are: the program, and what their names end with there.
struct BuiltInstance: Sendable {
  let program: Program
  let suffix: String
}

/// The programs of one context: each distinct instance of a kernel source is built once.
///
/// How instances share programs depends on the platform. PoCL builds one program at a time and
/// spends most of it on OpenCL's own declarations, so there all instances of a list go into one
/// program, those too that another has: the text depends on the list alone, and the next process
/// finds it in PoCL's cache, which compiles only the kernels that are made. Other drivers build on
/// several threads, a program for each instance. Generated kernels are small and always share one.
package final class ProgramCache: Sendable {
  private let store: ProgramBinaryStore?
  /// Whether kernels share programs, and are compiled to the end when they run for the first time.
  let merges: Bool
  private let builds = Atomic<Int>(0)
  // Held for the whole of a preparation, so that two threads never build the same instance.
  private let built = Mutex<[KernelInstance: BuiltInstance]>([:])

  init(store: ProgramBinaryStore?, merges: Bool) {
    self.store = store
    self.merges = merges
  }

  /// How many programs have been built or loaded; a test of sharing compares it.
  package var buildCount: Int { builds.load(ordering: .relaxed) }

  /// Builds those of `instances` that are new, and returns where each one is.
  ///
  /// - Throws: `.build` for the first instance, in their order, that does not build.
  func prepare(
    _ instances: [KernelInstance], for context: OpenCLContext
  ) throws(OpenCLError) -> [KernelInstance: BuiltInstance] {
    let result = built.withLock { built in
      Result { () throws(OpenCLError) in
        try build(groups(instances) { built[$0] == nil }, for: context, into: &built)
        let asked = Set(instances)
        return built.filter { asked.contains($0.key) }
      }
    }
    return try result.get()
  }

  private func build(
    _ groups: [[KernelInstance]], for context: OpenCLContext,
    into built: inout [KernelInstance: BuiltInstance]
  ) throws(OpenCLError) {
    let outcomes = Mutex<[Int: Result<[BuiltInstance], OpenCLError>]>([:])
    let count = groups.reduce(0) { $0 + $1.count }
    try context.compilation.note(0, of: count)
    ThreadPool.shared.perform(groups.count) { index in
      let outcome = Result { () throws(OpenCLError) in
        let built = outcomes.withLock { $0.keys.reduce(0) { $0 + groups[$1].count } }
        try context.compilation.note(built, of: count)
        return try build(groups[index], for: context)
      }
      outcomes.withLock { $0[index] = outcome }
    }
    try context.compilation.note(count, of: count)
    for (index, group) in groups.enumerated() {
      guard let outcome = outcomes.withLock({ $0[index] }) else { continue }
      for (instance, place) in zip(group, try outcome.get()) where built[instance] == nil {
        built[instance] = place
      }
    }
  }

  private func groups(
    _ instances: [KernelInstance], where isNew: (KernelInstance) -> Bool
  ) -> [[KernelInstance]] {
    if merges {
      return Dialect.all.map { dialect in instances.filter { $0.dialect == dialect } }
        .filter { $0.contains(where: isNew) }
    }
    let new = instances.filter(isNew)
    let generated = new.filter { $0.family == nil }
    let others = new.filter { $0.family != nil }.map { [$0] }
    return generated.isEmpty ? others : others + [generated]
  }

  private func build(
    _ group: [KernelInstance], for context: OpenCLContext
  ) throws(OpenCLError) -> [BuiltInstance] {
    if group.count > 1, let merged = try? ProgramSource(merging: group),
      let program = try? build(merged, for: context)
    {
      return group.indices.map {
        BuiltInstance(program: program, suffix: ProgramSource.suffix($0))
      }
    }
    // One by one, so that a fault is reported for the instance that has it.
    var built: [BuiltInstance] = []
    for instance in group {
      let program = try build(try ProgramSource(instance), for: context)
      built.append(BuiltInstance(program: program, suffix: ""))
    }
    return built
  }

  private func build(
    _ source: ProgramSource, for context: OpenCLContext
  ) throws(OpenCLError) -> Program {
    builds.add(1, ordering: .relaxed)
    var source = source
    if !context.optimizes { source.options += " -cl-opt-disable" }
    DebugOutput.kernels.write("\(source.description), \(source.options)") { source.text }
    let binary = store.flatMap {
      $0.read(key: ProgramBinaryStore.key(of: source, on: context.device))
    }
    return try Program(
      source, library: context.library, context: context.raw, device: context.device,
      binary: binary)
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
