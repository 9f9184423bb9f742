/// Finds out what a device can do: compiles small kernels, runs them, checks the numbers.
struct CapabilityProbe {
  let context: OpenCLContext

  // A probe that fails in any way means that the feature is not there.
  func measure() -> Capabilities {
    var found = Capabilities()
    let extensions = Set(context.device.extensions)
    let lanes = Array(0..<32)
    found.localMemory = has(feature: 0, giving: lanes.map { Float(31 - $0) })
    // Some compilers define cl_khr_fp16 for devices that then stop at the first half; NVIDIA's
    // takes halves without listing it.
    let mayHaveHalf = extensions.contains { $0 == "cl_khr_fp16" || $0.hasPrefix("cl_nv_") }
    found.halfArithmetic =
      mayHaveHalf
      && has(feature: 1, giving: lanes.map { Float(Self.half(Self.half(2047 + $0) + 1)) })
    found.doubleArithmetic = has(feature: 2, giving: lanes.map { _ in 1 })
    var shuffle: LaunchMacros = [:]
    if extensions.contains("cl_intel_subgroups") { shuffle.append("INTEL_SHUFFLE", "1") }
    if extensions.contains("cl_khr_subgroup_shuffle") { shuffle.append("KHR_SHUFFLE", "1") }
    found.shuffles = has(feature: 3, shuffle, giving: lanes.map { Float($0 ^ 1) })
    let narrow: [(Int, MatrixInstruction)] = [
      (4, .mma), (6, .mfma), (8, .wmma), (9, .dpas8), (10, .dpas16),
    ]
    found.matrixUnitsBF16 = matrixInstruction(narrow, depth: 16)
    found.matrixUnitsFP16 = matrixInstruction(narrow, ["HALF": "1"], depth: 16)
    found.matrixUnitsTF32 = matrixInstruction([(5, .mma), (7, .mfma)], depth: 8)
    found.deviceFence = DeviceFence.allCases.first(where: has)
    found.commandBuffers = extensions.contains("cl_khr_command_buffer")
    (found.vectorFormSeconds, found.tiledFormSeconds) = formSeconds()
    found.prefersVectorForm = prefersVector(found)
    return found
  }

  private func prefersVector(_ found: Capabilities) -> Bool {
    guard let tiled = found.tiledFormSeconds else { return true }
    guard let vector = found.vectorFormSeconds else { return false }
    // Within this factor the untuned forms say little, and the kind of device decides.
    let close = 1.5
    if vector * close < tiled { return true }
    if tiled * close < vector { return false }
    return context.device.kind == .cpu
  }

  /// The first instruction whose probe, by its number, gives the product of one fragment.
  private func matrixInstruction(
    _ features: [(feature: Int, instruction: MatrixInstruction)], _ macros: LaunchMacros = [:],
    depth: Int
  ) -> MatrixInstruction? {
    features.first { feature, instruction in
      has(
        feature: feature, lanes: instruction.lanes, macros,
        giving: Self.product(columns: instruction.columns, depth: depth))
    }?.instruction
  }

  private func has(
    feature: Int, lanes: Int = 32, _ macros: LaunchMacros = [:], giving expected: [Float]
  ) -> Bool {
    do throws(OpenCLError) {
      let x = try DeviceMemory(context, (0..<32).map { Float($0) })
      let y = try DeviceMemory(context, [Float](repeating: 0, count: 256))
      var all: LaunchMacros = ["FEATURE": "\(feature)", "LANES": "\(lanes)"]
      all.append(macros)
      let launch = Launch(
        family: "elementwise/probe_features", entry: "probe_feature", macros: all,
        global: [lanes], local: [lanes],
        arguments: ["x": .buffer(.device(x)), "y": .buffer(.device(y))])
      try LaunchList([.kernel(launch)], in: context).replay()
      return try y.read(Float.self, count: expected.count) == expected
    } catch {
      return false
    }
  }

  // Simulators of older versions stop at what they do not know, and need long for many groups.
  private func has(_ fence: DeviceFence) -> Bool {
    guard fence.language != .openCL3 || context.device.version.hasPrefix("OpenCL 3.") else {
      return false
    }
    return holds(fence, groups: 3, turns: 2) && holds(fence, groups: 512, turns: 64)
  }

  /// Whether the last of `groups` work-groups sees what all have written, in each of `turns`.
  private func holds(_ fence: DeviceFence, groups: Int, turns: Int) -> Bool {
    do throws(OpenCLError) {
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
      return try y.read(Float.self, count: turns * 64) == expected
    } catch {
      return false
    }
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

  // A simulator needs seconds for what a device does in microseconds: it is judged by a small size.
  private func formSeconds() -> (vector: Double?, tiled: Double?) {
    let vector = productSeconds(.vector, size: 48, repetitions: 1)
    let tiled = productSeconds(.tiled, size: 48, repetitions: 1)
    if max(vector ?? 0, tiled ?? 0) > 0.02 { return (vector, tiled) }
    return (
      vector.flatMap { _ in productSeconds(.vector, size: 256, repetitions: 8) },
      tiled.flatMap { _ in productSeconds(.tiled, size: 256, repetitions: 8) }
    )
  }

  private func productSeconds(_ form: KernelForm, size: Int, repetitions: Int) -> Double? {
    do throws(OpenCLError) {
      // A permutation of rows: the product is exact, and any misplaced element shows.
      var left = [Float](repeating: 0, count: size * size)
      for row in 0..<size { left[row * size + (row * 7 + 3) % size] = 1 }
      let right = (0..<size * size).map { Float($0 % 1021) }
      let a = try DeviceMemory(context, left)
      let b = try DeviceMemory(context, right)
      let c = try DeviceMemory(context, [Float](repeating: 0, count: size * size))
      let launch = Launch(
        family: "elementwise/probe_forms", entry: "probe_forms_\(form.rawValue)",
        macros: ["SIZE": "\(size)"],
        global: form == .vector ? [size / 16, size / 8] : [size, size],
        local: form == .vector ? [1, 1] : [16, 16],
        arguments: [
          "a": .buffer(.device(a)), "b": .buffer(.device(b)), "c": .buffer(.device(c)),
        ])
      let list = try LaunchList([.kernel(launch)], in: context)
      let seconds = try list.bestSeconds(repetitions: repetitions)
      let found = try c.read(Float.self, count: size * size)
      let isRight = found.indices.allSatisfy { index in
        let source = (index / size * 7 + 3) % size
        return found[index] == right[source * size + index % size]
      }
      return isRight ? seconds : nil
    } catch {
      return nil
    }
  }
}
