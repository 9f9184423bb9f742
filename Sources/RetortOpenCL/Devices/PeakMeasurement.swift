extension DevicePeaks {
  /// The peaks of the context's device: measured now, or as stored.
  ///
  /// - Parameter isFresh: Measures even if there is an earlier result.
  /// - Throws: `.call` or `.build` if neither form of a probe runs, `.implausible` where times cannot
  ///   be.
  package static func of(
    _ context: OpenCLContext, store: DeviceFactStore? = .standard(), isFresh: Bool = false
  ) throws(OpenCLError) -> DevicePeaks {
    func measure() throws(OpenCLError) -> DevicePeaks {
      let measurement = PeakMeasurement(context: context)
      let peaks = DevicePeaks(
        copyBytesPerSecond: try measurement.copy(),
        floatOperationsPerSecond: try measurement.multiplyAdd())
      try peaks.check(on: context.device)
      return peaks
    }
    guard let store else { return try measure() }
    return try store.facts("peaks", of: context.device, isFresh: isFresh, measure: measure)
  }

  /// Refuses what no device of so many units does.
  func check(on device: OpenCLDevice) throws(OpenCLError) {
    // Per unit and second at 6 GHz: a copy of 128 bytes a cycle, as from a first-level cache, and 2048
    // operations a cycle. GPUs of today copy 20 to 60 GB and make 0.1 to 1 TFLOP a unit.
    let units = Double(max(1, device.computeUnits))
    let (bytes, operations) = (units * 6e9 * 128, units * 6e9 * 2048)
    guard copyBytesPerSecond > 0, copyBytesPerSecond <= bytes, floatOperationsPerSecond > 0,
      floatOperationsPerSecond <= operations
    else {
      func billions(_ rate: Double) -> String {
        rate.isFinite ? "\(Int(min(rate, 1e24) / 1e9))" : "\(rate)"
      }
      throw .implausible(
        "a copy rate of \(billions(copyBytesPerSecond)) GB/s and "
          + "\(billions(floatOperationsPerSecond)) GFLOP/s on \(device.computeUnits) compute units",
        device: device.name)
    }
  }
}

/// Measures a device's copy and arithmetic rates with both forms of the probe kernels.
///
/// Each launch is made so long that a clock can tell, and no longer: some drivers end what takes
/// seconds.
private struct PeakMeasurement {
  let context: OpenCLContext
  private static let launchSeconds = 0.03

  init(context: OpenCLContext) { self.context = context }

  // Reads plus writes. Large enough to leave any cache, small enough for any device.
  func copy() throws(OpenCLError) -> Double {
    let device = context.device
    let limit = min(256 << 20, device.maxAllocationSize / 2, device.globalMemorySize / 16)
    let first = min(8 << 20, limit)
    let rate = try copyRate(byteCount: first)
    let wanted = min(Double(limit), max(rate / 2 * Self.launchSeconds, 64e6))
    return Int(wanted) > first ? try copyRate(byteCount: min(limit, Int(wanted))) : rate
  }

  private func copyRate(byteCount: Int) throws(OpenCLError) -> Double {
    let span = 16 * 1024
    let count = max(1, byteCount / 4 / span) * span
    let x = try DeviceMemory(context, byteCount: count * 4)
    let y = try DeviceMemory(context, byteCount: count * 4)
    try x.zero()
    try y.zero()
    try x.write([Float(1)], at: 4 * (count - 1))
    let seconds = try bestOfForms("probe_copy", items: [count / span, count / 4]) {
      ["x": .buffer(.device(x)), "y": .buffer(.device(y))]
    }
    guard try y.read(Float.self, count: 1, from: 4 * (count - 1)) == [1] else {
      throw .implausible("a copy that did not happen", device: context.device.name)
    }
    return Double(2 * count * 4) / seconds.min
  }

  func multiplyAdd() throws(OpenCLError) -> Double {
    let first = try multiplyAdd(rounds: 8)
    let scale = Self.launchSeconds / first.seconds
    let rounds = Int(max(8, min(8 * scale, 4096)))
    return try multiplyAdd(rounds: rounds).rate
  }

  private func multiplyAdd(
    rounds: Int
  ) throws(OpenCLError) -> (rate: Double, seconds: Double) {
    let units = context.device.computeUnits
    let items = [units * 16, units * 4096]
    let y = try DeviceMemory(context, byteCount: items[1] * 4)
    let chains = context.traits.registers.chains
    let seconds = try bestOfForms("probe_fma", ["CHAINS": "\(chains)"], items: items) {
      ["a": .float(1), "b": .float(0), "rounds": .int(rounds), "y": .buffer(.device(y))]
    }
    let operations = Double(2 * chains * rounds)
    let vector = operations * Double(16 * items[0]) / seconds.vector
    let flat = operations * Double(items[1]) / seconds.flat
    return vector > flat ? (vector, seconds.vector) : (flat, seconds.flat)
  }

  private struct Seconds {
    var vector = Double.infinity
    var flat = Double.infinity
    var min: Double { Swift.min(vector, flat) }
  }

  // A form that does not run counts as infinitely slow, unless neither runs.
  private func bestOfForms(
    _ name: String, _ macros: LaunchMacros = [:], items: [Int], arguments: () -> LaunchArguments
  ) throws(OpenCLError) -> Seconds {
    func seconds(
      _ entry: String, _ form: KernelForm, _ items: Int, _ local: Int
    ) throws(OpenCLError) -> Double {
      var all: LaunchMacros = ["GROUP": "\(group)", "FORM": form.macro]
      all.append(macros)
      let launch = Launch(
        family: "elementwise/" + name, entry: entry, macros: all,
        global: [items], local: [local], arguments: arguments())
      return try LaunchList([.kernel(launch)], in: context).bestSeconds(repetitions: 4)
    }
    var result = Seconds()
    do throws(OpenCLError) {
      result.vector = try seconds(name + "_vector", .vector, items[0], 1)
    } catch {
      result.flat = try seconds(name + "_flat", .tiled, items[1], group)
      return result
    }
    do throws(OpenCLError) {
      result.flat = try seconds(name + "_flat", .tiled, items[1], group)
    } catch {
      return result
    }
    return result
  }

  private var group: Int { context.device.limits.group(256) }
}

extension LaunchList {
  /// The shortest time of one replay, in seconds, by the host's clock; the first one's where that takes
  /// long.
  ///
  /// - Parameter repetitions: Replays of one batch, enqueued together and waited for once. Five
  ///   batches are timed, or fewer where one takes long.
  func bestSeconds(repetitions: Int) throws(OpenCLError) -> Double {
    let clock = ContinuousClock()
    try replay()
    try context.finish()
    let beginning = clock.now
    try replay()
    try context.finish()
    var best = beginning.duration(to: clock.now)
    guard best < .seconds(0.1) else { return best / .seconds(1) }
    best *= repetitions
    for batch in 0..<5 where batch == 0 || beginning.duration(to: clock.now) < .seconds(0.5) {
      let start = clock.now
      for _ in 0..<repetitions { try replay() }
      try context.finish()
      best = min(best, start.duration(to: clock.now))
    }
    return best / .seconds(1) / Double(repetitions)
  }
}
