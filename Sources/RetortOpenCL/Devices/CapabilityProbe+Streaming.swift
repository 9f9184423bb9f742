extension CapabilityProbe {
  /// Bytes of results that are tried, the largest first.
  private static let streamed = [32, 16, 8, 4, 2].map { $0 << 20 }

  /// Finds the size of results from which on it saves time to store them past the caches.
  ///
  /// A line that is written into a cache is read from memory first. Who reads a result next finds it in a cache only
  /// where that holds all of it, and a machine's share of a cache is not what its driver says.
  mutating func tryStreaming() {
    let most = min(context.device.maxAllocationSize, context.device.globalMemorySize / 32)
    // Each size that gains makes the next one worth a try.
    for byteCount in Self.streamed where byteCount <= most {
      switch streamingGain(byteCount) {
      case .found(let gain) where gain > 1.1: found.traits.streamedBytes = byteCount
      case .found, .absent: return
      case .failed(let error):
        found.doubts.append("the probe of stores past the caches failed (\(error))")
        return
      }
    }
  }

  /// The time of copies from each of four results to the next, as in a plan, by the time of those past the caches.
  private func streamingGain(_ byteCount: Int) -> ProbeFinding<Double> {
    ProbeFinding { () throws(OpenCLError) -> ProbeAnswer<Double> in
      let count = byteCount / 4
      let results = try (0..<4).map { _ throws(OpenCLError) in
        try DeviceMemory(context, byteCount: byteCount)
      }
      for result in results { try result.zero() }
      try results[0].write([Float(1)], at: 4 * (count - 1))
      func copies(_ stream: Int) throws(OpenCLError) -> LaunchList {
        try LaunchList(
          zip(results, results.dropFirst() + results.prefix(1)).map { source, target in
            .kernel(
              Launch(
                family: "elementwise/probe_copy", entry: "probe_copy_vector",
                macros: ["STREAM": "\(stream)", "FORM": KernelForm.vector.macro],
                global: [count / 16 / 1024], local: [1],
                arguments: ["x": .buffer(.device(source)), "y": .buffer(.device(target))]))
          }, in: context)
      }
      let lists = [try copies(0), try copies(1)]
      var best = [Double.infinity, .infinity]
      // Turn by turn, so that what disturbs one of them is likely to be over in the next turn.
      for _ in 0..<3 {
        for (index, list) in lists.enumerated() {
          best[index] = min(best[index], try list.bestSeconds(repetitions: 1))
        }
      }
      let last = try results[3].read(Float.self, count: 1, from: 4 * (count - 1))
      guard last == [1] else { return .wrong }
      return .right(best[0] / best[1])
    }
  }
}
