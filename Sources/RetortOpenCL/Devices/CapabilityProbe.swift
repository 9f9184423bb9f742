/// Finds out what a device can do: compiles small kernels, runs them, checks the numbers.
struct CapabilityProbe {
  let context: OpenCLContext
  var found = Capabilities()

  /// What the context's device can do.
  static func measure(_ context: OpenCLContext) -> Capabilities {
    var probe = CapabilityProbe(context: context)
    // What the driver says of kernels is among what is tried.
    context.traits.reportsKernelLimits = false
    probe.measure()
    context.traits = probe.found.traits
    return probe.found
  }

  private init(context: OpenCLContext) { self.context = context }

  private mutating func measure() {
    let extensions = Set(context.device.extensions)
    chooseMultiplyAdd()
    let lanes = Array(0..<32)
    found.localMemory = has("local memory", feature: 0, giving: lanes.map { Float(31 - $0) })
    // Some compilers define cl_khr_fp16 for devices that then stop at the first half; NVIDIA's
    // takes halves without listing it.
    let mayHaveHalf = extensions.contains { $0 == "cl_khr_fp16" || $0.hasPrefix("cl_nv_") }
    let halves = lanes.map { Float(Self.half(Self.half(2047 + $0) + 1)) }
    found.halfArithmetic = mayHaveHalf && has("half arithmetic", feature: 1, giving: halves)
    found.doubleArithmetic = has("double arithmetic", feature: 2, giving: lanes.map { _ in 1 })
    var shuffle: LaunchMacros = [:]
    if extensions.contains("cl_intel_subgroups") { shuffle.append("INTEL_SHUFFLE", "1") }
    if extensions.contains("cl_khr_subgroup_shuffle") { shuffle.append("KHR_SHUFFLE", "1") }
    found.shuffles = has("shuffles", feature: 3, shuffle, giving: lanes.map { Float($0 ^ 1) })
    let narrow: [(Int, MatrixInstruction)] = [
      (4, .mma), (6, .mfma), (8, .wmma), (9, .dpas8), (10, .dpas16),
    ]
    found.matrixUnitsBF16 = matrixInstruction(narrow, depth: 16)
    found.matrixUnitsFP16 = matrixInstruction(narrow, ["HALF": "1"], depth: 16)
    found.matrixUnitsTF32 = matrixInstruction([(5, .mma), (7, .mfma)], depth: 8)
    for fence in DeviceFence.allCases where found.deviceFence == nil && has(fence) {
      found.deviceFence = fence
    }
    found.commandBuffers = extensions.contains("cl_khr_command_buffer")
    chooseForm()
    // A simulator has neither registers nor caches, and would need minutes.
    if found.prefersVectorForm, case .found(let seconds) = chainSeconds(2, rounds: 16),
      seconds < 0.01
    {
      countRegisters()
      tryStreaming()
    }
  }

  /// Asks a probe; what is not there is no doubt, what fails otherwise is.
  private mutating func has(
    _ what: String, _ probe: () throws(OpenCLError) -> ProbeAnswer<Void>
  ) -> Bool {
    switch ProbeFinding(probe) {
    case .found: return true
    case .absent: return false
    case .failed(let error):
      found.doubts.append("the probe of \(what) failed (\(error)), and it is left unused")
      return false
    }
  }

  /// The first instruction whose probe, by its number, gives the product of one fragment.
  private mutating func matrixInstruction(
    _ features: [(feature: Int, instruction: MatrixInstruction)], _ macros: LaunchMacros = [:],
    depth: Int
  ) -> MatrixInstruction? {
    for (feature, instruction) in features {
      let product = Self.product(columns: instruction.columns, depth: depth)
      if has(
        "the matrix units \(instruction.rawValue)", feature: feature, lanes: instruction.lanes,
        macros, giving: product)
      {
        return instruction
      }
    }
    return nil
  }

  private mutating func has(
    _ what: String, feature: Int, lanes: Int = 32, _ macros: LaunchMacros = [:],
    giving expected: [Float]
  ) -> Bool {
    let context = context
    return has(what) { () throws(OpenCLError) -> ProbeAnswer<Void> in
      let x = try DeviceMemory(context, (0..<32).map { Float($0) })
      let y = try DeviceMemory(context, [Float](repeating: 0, count: 256))
      var all: LaunchMacros = ["FEATURE": "\(feature)", "LANES": "\(lanes)"]
      all.append(macros)
      let launch = Launch(
        family: "elementwise/probe_features", entry: "probe_feature", macros: all,
        global: [lanes], local: [lanes],
        arguments: ["x": .buffer(.device(x)), "y": .buffer(.device(y))])
      try LaunchList([.kernel(launch)], in: context).replay()
      let result = try y.read(Float.self, count: expected.count)
      if result == expected { return .right(()) }
      // Where the compiler lacks a feature, the kernel leaves y alone.
      return result.allSatisfy { $0 == 0 } ? .nothing : .wrong
    }
  }

  // Simulators of older versions stop at what they do not know, and need long for many groups.
  private mutating func has(_ fence: DeviceFence) -> Bool {
    guard fence.language != .openCL3 || context.device.version.hasPrefix("OpenCL 3.") else {
      return false
    }
    let context = context
    return has("the fence \(fence.rawValue)") { () throws(OpenCLError) -> ProbeAnswer<Void> in
      let few = try Self.answer(of: fence, groups: 3, turns: 2, in: context)
      guard case .right = few else { return few }
      return try Self.answer(of: fence, groups: 512, turns: 64, in: context)
    }
  }

  /// Whether the last of `groups` work-groups sees what all have written, in each of `turns`.
  private static func answer(
    of fence: DeviceFence, groups: Int, turns: Int, in context: OpenCLContext
  ) throws(OpenCLError) -> ProbeAnswer<Void> {
    let partial = try DeviceMemory(context, [Float](repeating: -1, count: groups * 64))
    let arrived = try DeviceMemory(context, [Int32(0)])
    let y = try DeviceMemory(context, [Float](repeating: 0, count: turns * 64))
    let launches = (0..<turns).map { turn in
      var launch = Launch(
        family: "elementwise/probe_fence", entry: "probe_fence", macros: fence.macros,
        global: [groups * 64], local: [64],
        arguments: [
          "partial": .buffer(.device(partial)), "arrived": .buffer(.device(arrived)),
          "y": .buffer(.device(y)), "turn": .int(turn),
        ])
      launch.language = fence.language
      return DeviceCommand.kernel(launch)
    }
    try LaunchList(launches, in: context).replay()
    let expected = (0..<turns * 64).map { index in
      Float(groups * (groups - 1) / 2 * (index / 64 + 1) + groups * (index % 64))
    }
    // A fence that does not order gives numbers by chance: once wrong is not there.
    return try y.read(Float.self, count: turns * 64) == expected ? .right(()) : .nothing
  }

  // The product that the matrix-unit probes compute; see Kernels/elementwise/probe_features.cl.
  private static func product(columns: Int, depth: Int) -> [Float] {
    (0..<16 * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      return (0..<depth).reduce(Float(0)) { sum, k in
        sum + Float((row + k) % 5 - 2) * Float((2 * k + column) % 7 - 3)
      }
    }
  }

  // Halves have 11 significant bits: from 2048 on only even integers, ties to the multiple of 4.
  private static func half(_ value: Int) -> Int {
    guard value > 2048, value % 2 != 0 else { return value }
    return value % 4 == 1 ? value - 1 : value + 1
  }

  // A device without the instruction takes 20 to 200 times as long for fma, and its compiler minutes.
  private mutating func chooseMultiplyAdd() {
    var seconds: [MultiplyAdd: Double] = [:]
    for way in MultiplyAdd.allCases {
      context.traits.multiplyAdd = way
      switch multiplyAddSeconds() {
      case .found(let time): seconds[way] = time
      case .absent: continue
      case .failed(let error):
        found.doubts.append("the probe of \(way.rawValue) failed (\(error))")
      }
    }
    if let separate = seconds[.separate], seconds[.fused] ?? .infinity > 4 * separate {
      found.traits.multiplyAdd = .separate
    }
    context.traits.multiplyAdd = found.traits.multiplyAdd
  }

  private func multiplyAddSeconds() -> ProbeFinding<Double> {
    ProbeFinding { () throws(OpenCLError) -> ProbeAnswer<Double> in
      let group = context.device.limits.group(64)
      let items = context.device.computeUnits * group
      let y = try DeviceMemory(context, [Float](repeating: 0, count: items))
      let launch = Launch(
        family: "elementwise/probe_fma", entry: "probe_fma_flat",
        macros: ["CHAINS": "2", "GROUP": "\(group)", "FORM": "2"], global: [items], local: [group],
        arguments: [
          "a": .float(1), "b": .float(1), "rounds": .int(256), "y": .buffer(.device(y)),
        ])
      let seconds = try LaunchList([.kernel(launch)], in: context).bestSeconds(repetitions: 8)
      // Chains from 0 and 1 on, 1 added in each round.
      return try y.read(Float.self, count: 1) == [513] ? .right(seconds) : .wrong
    }
  }

  // Chains of multiply-adds that no longer lie in registers take twice the time for each.
  private mutating func countRegisters() {
    // As many multiply-adds for each, enough that a launch takes far longer than it takes to begin.
    let count = 1 << 19
    var best: [VectorRegisters: Double] = [:]
    // Turn by turn, so that what disturbs one of them is likely to be over in the next turn.
    for _ in 0..<3 {
      for registers in VectorRegisters.known {
        switch chainSeconds(registers.chains, rounds: count / registers.chains) {
        case .found(let seconds):
          best[registers] = min(best[registers] ?? .infinity, seconds)
        case .absent: continue
        case .failed(let error):
          found.doubts.append("the probe of vector registers failed (\(error))")
          return
        }
      }
    }
    guard let least = best.values.min() else { return }
    found.traits.registers =
      VectorRegisters.known.last { best[$0] ?? .infinity < 1.25 * least } ?? .most
  }

  private func chainSeconds(_ chains: Int, rounds: Int) -> ProbeFinding<Double> {
    ProbeFinding { () throws(OpenCLError) -> ProbeAnswer<Double> in
      let items = max(1, context.device.computeUnits)
      let y = try DeviceMemory(context, [Float](repeating: 0, count: items))
      let launch = Launch(
        family: "elementwise/probe_fma", entry: "probe_fma_vector",
        macros: ["CHAINS": "\(chains)", "FORM": KernelForm.vector.macro], global: [items],
        local: [1],
        arguments: [
          "a": .float(1), "b": .float(1), "rounds": .int(rounds), "y": .buffer(.device(y)),
        ])
      let seconds = try LaunchList([.kernel(launch)], in: context).bestSeconds(repetitions: 4)
      // Chains from 0, 1, … on, 1 added in each round, in 16 lanes.
      let expected = 16 * (chains * rounds + chains * (chains - 1) / 2)
      return try y.read(Float.self, count: 1) == [Float(expected)] ? .right(seconds) : .wrong
    }
  }

  private mutating func chooseForm() {
    let (vector, tiled) = formFindings()
    (found.vectorFormSeconds, found.vectorFormFault) = (vector.value?.seconds, vector.fault)
    (found.tiledFormSeconds, found.tiledFormFault) = (tiled.value?.seconds, tiled.fault)
    found.traits.reportsKernelLimits = tiled.value?.reportsLimits ?? true
    // Where times say little or there are none, the kind of device decides.
    let isProcessor = context.device.kind == .cpu
    switch (vector, tiled) {
    case (.found(let vector), .found(let tiled)):
      // Within this factor the untuned forms say little.
      let close = 1.5
      found.prefersVectorForm =
        isProcessor
        ? vector.seconds <= tiled.seconds * close : vector.seconds * close < tiled.seconds
    case (.found, .absent), (.failed, .absent): found.prefersVectorForm = true
    case (.absent, .found), (.absent, .failed): found.prefersVectorForm = false
    default: found.prefersVectorForm = isProcessor
    }
    let chosen = found.form.rawValue
    for (form, finding) in [(KernelForm.vector, vector), (.tiled, tiled)] {
      guard case .failed(let error) = finding else { continue }
      found.doubts.append(
        "the probe of the \(form.rawValue) form failed (\(error)), and kernels take the \(chosen) form"
      )
    }
  }

  // A simulator needs seconds for what a device does in microseconds: it is judged by a small size.
  private func formFindings() -> (vector: ProbeFinding<Trial>, tiled: ProbeFinding<Trial>) {
    let vector = trial(.vector, size: 48, repetitions: 1)
    let tiled = trial(.tiled, size: 48, repetitions: 1)
    if max(vector.value?.seconds ?? 0, tiled.value?.seconds ?? 0) > 0.02 { return (vector, tiled) }
    return (
      vector.value == nil ? vector : trial(.vector, size: 256, repetitions: 8),
      tiled.value == nil ? tiled : trial(.tiled, size: 256, repetitions: 8)
    )
  }

  /// A form's product: how long it takes, and whether the driver's word on its kernel is right.
  private struct Trial {
    let seconds: Double
    let reportsLimits: Bool
  }

  private func trial(_ form: KernelForm, size: Int, repetitions: Int) -> ProbeFinding<Trial> {
    ProbeFinding { () throws(OpenCLError) -> ProbeAnswer<Trial> in
      // A permutation of rows: the product is exact, and any misplaced element shows.
      var left = [Float](repeating: 0, count: size * size)
      for row in 0..<size { left[row * size + (row * 7 + 3) % size] = 1 }
      let right = (0..<size * size).map { Float($0 % 1021) }
      let a = try DeviceMemory(context, left)
      let b = try DeviceMemory(context, right)
      let c = try DeviceMemory(context, [Float](repeating: 0, count: size * size))
      let tile = context.device.limits.group(256) < 256 ? 8 : 16
      let launch = Launch(
        family: "elementwise/probe_forms", entry: "probe_forms_\(form.rawValue)",
        macros: ["SIZE": "\(size)", "TILE": "\(tile)", "FORM": form.macro],
        global: form == .vector ? [size / 16, size / 8] : [size, size],
        local: form == .vector ? [1, 1] : [tile, tile],
        arguments: [
          "a": .buffer(.device(a)), "b": .buffer(.device(b)), "c": .buffer(.device(c)),
        ])
      let list = try LaunchList([.kernel(launch)], in: context)
      let seconds = try list.bestSeconds(repetitions: repetitions)
      let result = try c.read(Float.self, count: size * size)
      let isRight = result.indices.allSatisfy { index in
        let source = (index / size * 7 + 3) % size
        return result[index] == right[source * size + index % size]
      }
      guard isRight else { return .wrong }
      let isOfTiles = form == .tiled
      let limits = list.kernelQuery(0)
      return .right(
        Trial(
          seconds: seconds,
          reportsLimits: limits?.groupLimit ?? .max >= (isOfTiles ? tile * tile : 1)
            && limits?.localMemory ?? 0 < (isOfTiles ? 2 * 8 * tile * tile : .max)))
    }
  }
}
