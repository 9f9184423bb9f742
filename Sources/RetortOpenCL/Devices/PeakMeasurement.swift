extension DevicePeaks {
  /// The peaks of the context's device: measured now, or as stored.
  ///
  /// - Parameter isFresh: Measures even if there is an earlier result.
  /// - Throws: `.call` or `.build` if neither form of a probe runs.
  package static func of(
    _ context: OpenCLContext, store: DeviceFactStore? = .standard(), isFresh: Bool = false
  ) throws(OpenCLError) -> DevicePeaks {
    if !isFresh, let known = store?.read(DevicePeaks.self, "peaks", of: context.device) {
      return known
    }
    let measurement = PeakMeasurement(context: context)
    let peaks = DevicePeaks(
      copyBytesPerSecond: try measurement.copy(),
      floatOperationsPerSecond: try measurement.multiplyAdd())
    store?.write(peaks, "peaks", of: context.device)
    return peaks
  }
}

/// Measures a device's copy and arithmetic rates with both forms of the probe kernels.
private struct PeakMeasurement {
  let context: OpenCLContext

  // Reads plus writes. Large enough to leave any cache, small enough for any device.
  func copy() throws(OpenCLError) -> Double {
    let device = context.device
    let span = 16 * 1024
    let limit = min(256 << 20, device.maxAllocationSize / 2, device.globalMemorySize / 16)
    let count = max(1, limit / 4 / span) * span
    let x = try DeviceMemory(context, byteCount: count * 4)
    let y = try DeviceMemory(context, byteCount: count * 4)
    try x.zero()
    try y.zero()
    let seconds = try bestOfForms("probe_copy", items: [count / span, count / 4]) { _ in
      ["x": .buffer(.device(x)), "y": .buffer(.device(y))]
    }
    return Double(2 * count * 4) / seconds.min
  }

  func multiplyAdd() throws(OpenCLError) -> Double {
    let units = context.device.computeUnits
    let items = [units * 16, units * 4096]
    let y = try DeviceMemory(context, byteCount: items[1] * 4)
    let (chains, rounds) = (12, 4096)
    let seconds = try bestOfForms("probe_fma", items: items) { _ in
      ["a": .float(1), "b": .float(0), "y": .buffer(.device(y))]
    }
    let operations = Double(2 * chains * rounds)
    return max(
      operations * Double(16 * items[0]) / seconds.vector,
      operations * Double(items[1]) / seconds.flat)
  }

  private struct Seconds {
    var vector = Double.infinity
    var flat = Double.infinity
    var min: Double { Swift.min(vector, flat) }
  }

  // A form that does not run counts as infinitely slow, unless neither runs.
  private func bestOfForms(
    _ name: String, items: [Int], arguments: (String) -> LaunchArguments
  ) throws(OpenCLError) -> Seconds {
    func seconds(_ entry: String, _ items: Int, _ local: Int) throws(OpenCLError) -> Double {
      let launch = Launch(
        family: "elementwise/" + name, entry: entry, global: [items], local: [local],
        arguments: arguments(entry))
      return try LaunchList([.kernel(launch)], in: context).bestSeconds(repetitions: 4)
    }
    var result = Seconds()
    do throws(OpenCLError) {
      result.vector = try seconds(name + "_vector", items[0], 1)
    } catch {
      result.flat = try seconds(name + "_flat", items[1], 256)
      return result
    }
    do throws(OpenCLError) { result.flat = try seconds(name + "_flat", items[1], 256) } catch {
      return result
    }
    return result
  }
}

extension LaunchList {
  /// The shortest time of one replay, in seconds, by the host's clock.
  ///
  /// - Parameter repetitions: Replays of one batch, enqueued together and waited for once. Five
  ///   batches are timed, or fewer where one takes long.
  func bestSeconds(repetitions: Int) throws(OpenCLError) -> Double {
    let clock = ContinuousClock()
    try replay()
    try context.finish()
    let beginning = clock.now
    var best = Duration.seconds(1_000_000)
    for batch in 0..<5 where batch == 0 || beginning.duration(to: clock.now) < .seconds(0.5) {
      let start = clock.now
      for _ in 0..<repetitions { try replay() }
      try context.finish()
      best = min(best, start.duration(to: clock.now))
    }
    return best / .seconds(1) / Double(repetitions)
  }
}
