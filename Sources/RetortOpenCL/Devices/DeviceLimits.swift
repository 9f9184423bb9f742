/// What a lowering must know of a device: how much of it there is.
package struct DeviceLimits: Hashable, Sendable {
  /// Compute units: multiprocessors, or cores of a CPU.
  package var computeUnits: Int
  /// The largest work-group.
  package var maxWorkGroupSize: Int
  /// Local memory of one work-group, in bytes.
  package var localMemorySize: Int
  /// The registers that the forms for CPUs fill.
  package var registers = VectorRegisters.most
  /// The bytes of a result from which on forms for CPUs store it past the caches; nil for none.
  package var streamedBytes: Int?

  /// The largest power of two of work-items that make a work-group, `wanted` at most.
  package func group(_ wanted: Int) -> Int {
    var group = 1
    while 2 * group <= min(wanted, maxWorkGroupSize) { group *= 2 }
    return group
  }

  /// Half the work-group and half the local memory, for a device that refuses what these allow; nil
  /// where kernels' smallest groups would not do.
  package var halved: DeviceLimits? {
    let half = group(256) / 2
    guard half >= 64 else { return nil }
    var limits = self
    (limits.maxWorkGroupSize, limits.localMemorySize) = (half, localMemorySize / 2)
    return limits
  }

  /// A large GPU of today, with the local memory that NVIDIA's driver grants.
  package static let largeGPU = DeviceLimits(
    computeUnits: 132, maxWorkGroupSize: 1024, localMemorySize: 48 << 10)
}

extension OpenCLDevice {
  /// The device's limits as its driver tells them.
  package var limits: DeviceLimits {
    DeviceLimits(
      computeUnits: computeUnits, maxWorkGroupSize: maxWorkGroupSize,
      localMemorySize: localMemorySize)
  }
}

extension OpenCLContext {
  /// The device's limits as lowerings take them: with what probes have found.
  package var limits: DeviceLimits {
    var limits = device.limits
    (limits.registers, limits.streamedBytes) = (traits.registers, traits.streamedBytes)
    return limits
  }
}
