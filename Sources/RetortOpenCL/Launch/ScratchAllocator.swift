/// Scratch buffers by index: most last for one step and are used again, some outlive it.
struct ScratchAllocator {
  /// Uses that share one buffer between steps, as large as the greatest of them needs.
  enum Purpose { case deferredSums, arrivals }

  /// Bytes of each buffer, without slack.
  private(set) var byteCounts: [Int] = []
  private var shared: [Purpose: Int] = [:]
  /// Buffers that no step takes for itself.
  private var lasting: Set<Int> = []
  /// Buffers that the current step may not take: its own, and those that outlive it.
  private var inUse: Set<Int> = []

  /// Frees the buffers of the steps before, but for those in `held`.
  mutating func beginStep(holding held: some Sequence<Int>) { inUse = lasting.union(held) }

  /// A buffer for the current step.
  mutating func take(byteCount: Int) -> Int {
    let index = byteCounts.indices.first { !inUse.contains($0) } ?? append()
    inUse.insert(index)
    grow(index, to: byteCount)
    return index
  }

  /// A buffer that no other step takes.
  mutating func takeForGood(byteCount: Int) -> Int {
    let index = append()
    lasting.insert(index)
    inUse.insert(index)
    grow(index, to: byteCount)
    return index
  }

  /// The buffer of all uses for `purpose`.
  mutating func take(for purpose: Purpose, byteCount: Int) -> Int {
    let index = shared[purpose] ?? takeForGood(byteCount: byteCount)
    shared[purpose] = index
    grow(index, to: byteCount)
    return index
  }

  private mutating func append() -> Int {
    byteCounts.append(0)
    return byteCounts.count - 1
  }

  private mutating func grow(_ index: Int, to byteCount: Int) {
    byteCounts[index] = max(byteCounts[index], byteCount)
  }
}
