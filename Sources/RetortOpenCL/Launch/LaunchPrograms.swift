/// The programs of one list: each distinct text once, all generated kernels in one.
struct LaunchPrograms {
  private var programs: [ProgramSource: Program] = [:]
  private var sources: [ProgramSource?] = []

  init(_ commands: [DeviceCommand], in context: OpenCLContext) throws(OpenCLError) {
    let generated = try Self.generatedProgram(commands)
    var distinct: [ProgramSource] = []
    var seen: [InstanceKey: ProgramSource] = [:]
    for command in commands {
      guard case .kernel(let launch) = command else {
        sources.append(nil)
        continue
      }
      if Self.isWhollyGenerated(launch) {
        sources.append(generated)
        continue
      }
      let key = InstanceKey(
        family: launch.family, macros: launch.macros, generated: launch.generated)
      if let source = seen[key] {
        sources.append(source)
        continue
      }
      let source = try ProgramSource(
        family: launch.family, macros: launch.macros, generated: launch.generated)
      seen[key] = source
      distinct.append(source)
      sources.append(source)
    }
    if let generated { distinct.append(generated) }
    try context.programs.prepare(distinct, for: context)
    for source in distinct { programs[source] = try context.programs.program(source, for: context) }
  }

  private struct InstanceKey: Hashable {
    let family: String?
    let macros: LaunchMacros
    let generated: String
  }

  private static func isWhollyGenerated(_ launch: Launch) -> Bool {
    launch.family == nil && launch.macros.pairs.isEmpty
  }

  private static func generatedProgram(
    _ commands: [DeviceCommand]
  ) throws(OpenCLError) -> ProgramSource? {
    var seen: Set<String> = []
    var texts: [String] = []
    for case .kernel(let launch) in commands
    where isWhollyGenerated(launch) && seen.insert(launch.generated).inserted {
      texts.append(launch.generated)
    }
    if texts.isEmpty { return nil }
    return try ProgramSource(
      family: nil, macros: [:], generated: texts.joined(separator: "\n"))
  }

  /// The program of the command at `index`; nil if that is no kernel.
  func program(of index: Int) -> Program? { sources[index].flatMap { programs[$0] } }

  /// Stores the compiled forms on disk where that is worth it.
  func keep(in context: OpenCLContext) {
    for program in programs.values { context.programs.keep(program, for: context) }
  }
}
