import COpenCL

/// One OpenCL device with its limits, as its driver reports them.
public struct OpenCLDevice: Sendable {
  /// What kind of hardware a device is.
  public enum Kind: String, Sendable, Codable {
    /// A graphics processor.
    case gpu
    /// Another accelerator.
    case accelerator
    /// The host's processor.
    case cpu
    /// None of these.
    case other
  }

  /// The position of the platform among all platforms.
  public let platformIndex: Int
  /// The position of the device within its platform.
  public let deviceIndex: Int
  /// The platform that drives the device.
  public let platform: OpenCLPlatform
  /// The device's name.
  public let name: String
  /// The device's maker.
  public let vendor: String
  /// The driver's version.
  public let driverVersion: String
  /// The OpenCL version that the device supports.
  public let version: String
  /// The version of OpenCL C that its compiler takes.
  public let languageVersion: String
  /// What kind of hardware it is.
  public let kind: Kind
  /// Compute units: multiprocessors, or cores of a CPU.
  public let computeUnits: Int
  /// The largest work-group.
  public let maxWorkGroupSize: Int
  /// The largest work-group in each dimension.
  public let maxWorkItemSizes: [Int]
  /// Local memory of one work-group, in bytes.
  public let localMemorySize: Int
  /// Whether local memory is memory of its own, not a part of global memory.
  public let hasDedicatedLocalMemory: Bool
  /// Global memory, in bytes.
  public let globalMemorySize: Int
  /// The largest buffer, in bytes.
  public let maxAllocationSize: Int
  /// The alignment that sub-buffers need, in bytes.
  public let baseAlignment: Int
  /// Whether device and host share one memory.
  public let hasUnifiedMemory: Bool
  /// Names of the extensions.
  public let extensions: [String]

  nonisolated(unsafe) package let raw: cl_device_id
  nonisolated(unsafe) package let rawPlatform: cl_platform_id

  /// The string that selects exactly this device, such as `opencl:0:1`.
  public var selector: String { "opencl:\(platformIndex):\(deviceIndex)" }
}

extension OpenCLDevice: CustomStringConvertible {
  /// Selector, name and platform in one line.
  public var description: String { "\(selector) \(name) (\(platform.name))" }
}

extension OpenCLDevice {
  init(
    _ raw: cl_device_id, at deviceIndex: Int, of rawPlatform: cl_platform_id,
    _ platform: OpenCLPlatform, at platformIndex: Int, _ library: OpenCLLibrary
  ) throws(OpenCLError) {
    let info = DeviceInfo(library: library, device: raw)
    self.raw = raw
    self.rawPlatform = rawPlatform
    self.platform = platform
    self.platformIndex = platformIndex
    self.deviceIndex = deviceIndex
    name = try info.text(OCL_DEVICE_NAME)
    vendor = try info.text(OCL_DEVICE_VENDOR)
    driverVersion = try info.text(OCL_DRIVER_VERSION)
    version = try info.text(OCL_DEVICE_VERSION)
    languageVersion = try info.text(OCL_DEVICE_OPENCL_C_VERSION)
    kind = Self.kind(try info.scalar(OCL_DEVICE_TYPE, cl_device_type(0)))
    computeUnits = Int(try info.scalar(OCL_DEVICE_MAX_COMPUTE_UNITS, cl_uint(0)))
    maxWorkGroupSize = try info.scalar(OCL_DEVICE_MAX_WORK_GROUP_SIZE, 0)
    maxWorkItemSizes = try info.sizes(OCL_DEVICE_MAX_WORK_ITEM_SIZES)
    localMemorySize = Int(try info.scalar(OCL_DEVICE_LOCAL_MEM_SIZE, cl_ulong(0)))
    hasDedicatedLocalMemory =
      try info.scalar(OCL_DEVICE_LOCAL_MEM_TYPE, cl_device_local_mem_type(0)) == OCL_LOCAL
    globalMemorySize = Int(try info.scalar(OCL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0)))
    maxAllocationSize = Int(try info.scalar(OCL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0)))
    baseAlignment = max(1, Int(try info.scalar(OCL_DEVICE_MEM_BASE_ADDR_ALIGN, cl_uint(0))) / 8)
    hasUnifiedMemory = try info.scalar(OCL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool(0)) == OCL_TRUE
    extensions = try info.text(OCL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init)
  }

  private static func kind(_ type: cl_device_type) -> Kind {
    if type & OCL_DEVICE_TYPE_GPU != 0 { return .gpu }
    if type & OCL_DEVICE_TYPE_ACCELERATOR != 0 { return .accelerator }
    return type & OCL_DEVICE_TYPE_CPU != 0 ? .cpu : .other
  }
}

/// Reads one device's properties.
private struct DeviceInfo {
  let library: OpenCLLibrary
  let device: cl_device_id

  func scalar<T: BitwiseCopyable>(_ property: cl_device_info, _ zero: T) throws(OpenCLError) -> T {
    var value = zero
    try check(
      library.cl.clGetDeviceInfo(device, property, MemoryLayout<T>.size, &value, nil),
      "clGetDeviceInfo", "property \(property)")
    return value
  }

  func sizes(_ property: cl_device_info) throws(OpenCLError) -> [Int] {
    var byteCount = 0
    try check(
      library.cl.clGetDeviceInfo(device, property, 0, nil, &byteCount), "clGetDeviceInfo",
      "property \(property)")
    var values = [Int](repeating: 0, count: byteCount / MemoryLayout<Int>.size)
    try check(
      library.cl.clGetDeviceInfo(device, property, byteCount, &values, nil), "clGetDeviceInfo",
      "property \(property)")
    return values
  }

  func text(_ property: cl_device_info) throws(OpenCLError) -> String {
    var byteCount = 0
    try check(
      library.cl.clGetDeviceInfo(device, property, 0, nil, &byteCount), "clGetDeviceInfo",
      "property \(property)")
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try check(
      library.cl.clGetDeviceInfo(device, property, byteCount, &bytes, nil), "clGetDeviceInfo",
      "property \(property)")
    return text(of: bytes)
  }

  private func text(of bytes: [UInt8]) -> String { OpenCLPlatform.text(of: bytes) }
}
