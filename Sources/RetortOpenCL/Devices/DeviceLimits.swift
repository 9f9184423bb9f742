/// What a lowering must know of a device: how much of it there is.
package struct DeviceLimits: Hashable, Sendable {
  /// Compute units: multiprocessors, or cores of a CPU.
  package var computeUnits: Int
  /// The largest work-group.
  package var maxWorkGroupSize: Int
  /// Local memory of one work-group, in bytes.
  package var localMemorySize: Int

  /// A large GPU of today, with the local memory that NVIDIA's driver grants.
  package static let largeGPU = DeviceLimits(
    computeUnits: 132, maxWorkGroupSize: 1024, localMemorySize: 48 << 10)
}

extension OpenCLDevice {
  /// The device's limits as lowerings take them.
  package var limits: DeviceLimits {
    DeviceLimits(
      computeUnits: computeUnits, maxWorkGroupSize: maxWorkGroupSize,
      localMemorySize: localMemorySize)
  }
}
