import RetortCore

/// A backend that computes and allocates nothing, and adds up what another one would hold.
final class MemoryMeter: Backend {
  /// The bytes held at a time.
  private final class Sum {
    var held = 0
    var peak = 0

    func add(_ byteCount: Int) {
      held += byteCount
      peak = max(peak, held)
    }
  }

  /// Bytes that are held as long as this lives.
  private final class Holding {
    let (byteCount, sum): (Int, Sum)

    init(_ byteCount: Int, _ sum: Sum) {
      (self.byteCount, self.sum) = (byteCount, sum)
      sum.add(byteCount)
    }

    deinit { sum.add(-byteCount) }
  }

  private let base: any Backend
  private let sum = Sum()

  /// Adds up what `base` would hold.
  init(_ base: any Backend) { self.base = base }

  var name: String { base.name }
  var fusesPrologues: Bool { base.fusesPrologues }
  var memoryByteCount: Int? { base.memoryByteCount }

  /// The most bytes of device memory held at one time.
  var peakByteCount: Int { sum.peak }

  func makeBuffer(count: Int, dtype: DType) -> any DeviceBuffer {
    let holding = Holding(Plan.reservation(count, dtype), sum)
    return NullBuffer(count: count, dtype: dtype, companion: holding)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    let holding = Holding(try base.byteCount(of: plan), sum)
    return NullExecutable(plan, launchCount: 0, companion: holding)
  }
}
