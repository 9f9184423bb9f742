/// The programs of one list.
struct LaunchPrograms {
  private var built: [KernelInstance: BuiltInstance] = [:]
  private var instances: [KernelInstance?] = []

  init(_ commands: [DeviceCommand], in context: OpenCLContext) throws(OpenCLError) {
    var distinct: [KernelInstance] = []
    var seen: Set<KernelInstance> = []
    let multiplyAdd = context.traits.multiplyAdd
    for command in commands {
      guard case .kernel(let launch) = command else {
        instances.append(nil)
        continue
      }
      let instance = KernelInstance(launch, multiplyAdd: multiplyAdd)
      if seen.insert(instance).inserted { distinct.append(instance) }
      instances.append(instance)
    }
    built = try context.programs.prepare(distinct, for: context)
  }

  /// Where the kernels of the command at `index` are; nil if that is no kernel.
  func instance(of index: Int) -> BuiltInstance? { instances[index].flatMap { built[$0] } }

  /// Stores the compiled forms on disk where that is worth it.
  func keep(in context: OpenCLContext) {
    var kept: Set<ObjectIdentifier> = []
    for instance in built.values
    where kept.insert(ObjectIdentifier(instance.program)).inserted {
      context.programs.keep(instance.program, for: context)
    }
  }
}
