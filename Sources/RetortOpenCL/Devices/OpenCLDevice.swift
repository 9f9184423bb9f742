import COpenCL
import RetortCore

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
  /// Why Retort cannot use the device, if its driver says something that rules it out.
  public let shortcoming: String?
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
  /// Name and platform in one line: numbers change with the drivers that are installed.
  public var description: String { "\(name) (\(platform.name))" }

  /// The line of a list to choose from: selector, name, platform, and why it cannot be chosen.
  public var listing: String {
    "\(selector) \(description)" + (shortcoming.map { ", \($0)" } ?? "")
  }

  /// Whether a program on the host's processor poses as a device.
  ///
  /// Such renderers are there to show pictures, and simulators to find faults.
  public var isSoftwareRenderer: Bool {
    let text = name.lowercased()
    return ["llvmpipe", "softpipe", "swiftshader", "oclgrind"].contains { text.contains($0) }
  }
}

extension OpenCLDevice {
  /// What rules a device out, of what its driver says.
  static func shortcoming(
    version: String, platform: OpenCLPlatform, isAvailable: Bool, hasCompiler: Bool,
    baseAlignment: Int
  ) -> String? {
    let numbers =
      version.split(separator: " ").dropFirst().first?.split(separator: ".")
      .compactMap { Int($0) } ?? []
    if numbers.lexicographicallyPrecedes([1, 2]) {
      let way =
        platform.name == "Clover"
        ? "; Mesa has a newer driver, rusticl: set RUSTICL_ENABLE to radeonsi, iris, nouveau or what "
          + "else drives the GPU" : "; update its driver"
      return "which offers \(version) where Retort needs OpenCL 1.2\(way)"
    }
    if !isAvailable { return "which its driver calls unavailable" }
    if !hasCompiler { return "whose driver has no compiler" }
    if baseAlignment > Plan.alignment {
      return
        "which wants buffers at multiples of \(baseAlignment) bytes where Retort has \(Plan.alignment)"
    }
    return nil
  }
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
    shortcoming = Self.shortcoming(
      version: version, platform: platform,
      isAvailable: try info.scalar(OCL_DEVICE_AVAILABLE, cl_bool(0)) == OCL_TRUE,
      hasCompiler: try info.scalar(OCL_DEVICE_COMPILER_AVAILABLE, cl_bool(0)) == OCL_TRUE,
      baseAlignment: baseAlignment)
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
