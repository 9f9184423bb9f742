import COpenCL

/// One OpenCL driver installed on this machine.
public struct OpenCLPlatform: Equatable, Sendable, Codable {
  /// The platform's name.
  public let name: String
  /// Its maker.
  public let vendor: String
  /// Its version.
  public let version: String

  /// Whether one program at a time is built, so that kernels had better share one.
  ///
  /// PoCL takes a lock for each build; Oclgrind, a simulator, crashes when two threads build.
  package var buildsOneAtATime: Bool { isPoCL || name == "Oclgrind" }

  /// Whether compiled programs are worth keeping on disk.
  ///
  /// PoCL's own cache knows work-group sizes, and asking it for binaries compiles every kernel once
  /// more. A simulator compiles nothing.
  package var keepsBinaries: Bool { !buildsOneAtATime }

  private var isPoCL: Bool { name == "Portable Computing Language" }
}

/// A driver that failed to list its devices.
public struct PlatformFault: Error, Equatable, Sendable {
  /// The platform's name, or its number.
  public let platform: String
  /// What the driver said.
  public let error: OpenCLError
}

extension OpenCLPlatform {
  /// Every device of every platform, in the order in which the loader lists them.
  ///
  /// - Throws: `.loaderMissing`, `.noPlatform`, or `.call` if every driver fails.
  public static func devices() throws(OpenCLError) -> [OpenCLDevice] {
    let listing = try listing()
    if listing.devices.isEmpty, let fault = listing.faults.first { throw fault.error }
    return listing.devices
  }

  /// Drivers that failed to list their devices, with what they said.
  ///
  /// - Throws: `.loaderMissing` or `.noPlatform`.
  public static func faults() throws(OpenCLError) -> [PlatformFault] { try listing().faults }

  private static func listing() throws(OpenCLError) -> PlatformListing { try listed.get() }

  // Listed once, by one thread: PoCL 3.1 crashes when several threads find its devices at a time.
  private static let listed = Result { () throws(OpenCLError) in
    let library = try OpenCLLibrary.shared()
    var listing = PlatformListing()
    for (index, raw) in try platforms(library).enumerated() { listing.add(raw, at: index, library) }
    return listing
  }

  /// What the platforms offer, a failing one hiding none of the others.
  private struct PlatformListing: Sendable {
    var devices: [OpenCLDevice] = []
    var faults: [PlatformFault] = []

    mutating func add(_ raw: cl_platform_id, at platformIndex: Int, _ library: OpenCLLibrary) {
      var name = "platform \(platformIndex)"
      do throws(OpenCLError) {
        let platform = try OpenCLPlatform(raw, library)
        name = platform.name
        for (index, device) in try OpenCLPlatform.devices(of: raw, library).enumerated() {
          devices.append(
            try OpenCLDevice(device, at: index, of: raw, platform, at: platformIndex, library))
        }
      } catch {
        faults.append(PlatformFault(platform: name, error: error))
      }
    }
  }

  private static func platforms(_ library: OpenCLLibrary) throws(OpenCLError) -> [cl_platform_id] {
    var count: cl_uint = 0
    let code = library.cl.clGetPlatformIDs(0, nil, &count)
    if code == OCL_PLATFORM_NOT_FOUND || (code == OCL_SUCCESS && count == 0) { throw .noPlatform }
    try check(code, "clGetPlatformIDs")
    var ids = [cl_platform_id?](repeating: nil, count: Int(count))
    try check(library.cl.clGetPlatformIDs(count, &ids, nil), "clGetPlatformIDs")
    return ids.compactMap { $0 }
  }

  private static func devices(
    of platform: cl_platform_id, _ library: OpenCLLibrary
  ) throws(OpenCLError) -> [cl_device_id] {
    var count: cl_uint = 0
    let code = library.cl.clGetDeviceIDs(platform, OCL_DEVICE_TYPE_ALL, 0, nil, &count)
    if code == OCL_DEVICE_NOT_FOUND || (code == OCL_SUCCESS && count == 0) { return [] }
    try check(code, "clGetDeviceIDs")
    var ids = [cl_device_id?](repeating: nil, count: Int(count))
    try check(
      library.cl.clGetDeviceIDs(platform, OCL_DEVICE_TYPE_ALL, count, &ids, nil), "clGetDeviceIDs")
    return ids.compactMap { $0 }
  }

  private init(_ raw: cl_platform_id, _ library: OpenCLLibrary) throws(OpenCLError) {
    func text(_ property: cl_platform_info) throws(OpenCLError) -> String {
      var byteCount = 0
      try check(
        library.cl.clGetPlatformInfo(raw, property, 0, nil, &byteCount), "clGetPlatformInfo")
      var bytes = [UInt8](repeating: 0, count: byteCount)
      try check(
        library.cl.clGetPlatformInfo(raw, property, byteCount, &bytes, nil), "clGetPlatformInfo")
      return Self.text(of: bytes)
    }
    name = try text(OCL_PLATFORM_NAME)
    vendor = try text(OCL_PLATFORM_VENDOR)
    version = try text(OCL_PLATFORM_VERSION)
  }

  /// The text of a C string without the spaces that some drivers put around it.
  static func text(of bytes: [UInt8]) -> String {
    let text = bytes.prefix { $0 != 0 }
    let start = text.firstIndex { $0 != UInt8(ascii: " ") } ?? text.endIndex
    let end = text.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? start
    return String(decoding: text[start..<max(start, end)], as: UTF8.self)
  }
}
