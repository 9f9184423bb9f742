import COpenCL

/// What can go wrong between the host and an OpenCL device.
public enum OpenCLError: Error, Equatable, Sendable {
  /// No OpenCL loader could be opened; `tried` is the dynamic linker's own account.
  case loaderMissing(tried: String)
  /// The loader found no driver.
  case noPlatform
  /// The drivers cannot be loaded, for this reason.
  case unlisted(reason: String)
  /// No device fits `selector`; `available` lists the devices that there are.
  case noDevice(selector: String, available: [String])
  /// The only device that fits is one that Retort cannot use.
  case unusable(device: String, shortcoming: String)
  /// `selector` is not a device string.
  case malformedSelector(String)
  /// An OpenCL function failed.
  case call(String, code: Int32, detail: String)
  /// A program did not build.
  case build(ProgramDescription, code: Int32, device: String, log: String)
  /// A program has no `__kernel` function of that name.
  case missingEntry(String, in: ProgramDescription, device: String)
  /// No kernel source of that name is embedded.
  case unknownFamily(String)
  /// A launch does not suit its kernel or the device.
  case launch(LaunchDescription, fault: LaunchFault)
  /// A buffer is larger than the device allows in one piece.
  case tooLarge(byteCount: Int, limit: Int, device: String)
  /// CLBlast refused a product; `code` is its own status.
  case clblast(code: Int32, detail: String)
  /// Nobody wanted the kernels any more that were being compiled.
  case cancelled
  /// A driver reports times that cannot be.
  case implausible(String, device: String)
}

/// Which program a fault is about.
public struct ProgramDescription: Equatable, Sendable {
  /// The kernel source, such as `matmul/sgemm`, or `generated`.
  public let family: String
  /// The macros, as `NAME=text`.
  public let macros: [String]
}

/// Which launch a fault is about.
public struct LaunchDescription: Equatable, Sendable {
  /// The program that holds the kernel.
  public let program: ProgramDescription
  /// The kernel's name.
  public let entry: String
  /// The global and local sizes.
  public let global, local: [Int]
  /// The device's name.
  public let device: String
}

/// Why a launch cannot be made.
public enum LaunchFault: Equatable, Sendable {
  /// Global and local sizes differ in their number of dimensions, or have none or more than three.
  case dimensions
  /// A size is zero or negative.
  case emptySize(dimension: Int)
  /// A global size is no multiple of its local size.
  case indivisible(dimension: Int)
  /// A local size exceeds the device's limit in one dimension.
  case localSize(dimension: Int, limit: Int)
  /// The work-group exceeds what the device allows.
  case deviceGroup(limit: Int)
  /// The work-group exceeds what this kernel's registers allow.
  case kernelGroup(limit: Int)
  /// The kernel was compiled for another work-group size.
  case requiredGroup([Int])
  /// The kernel needs more local memory than the device has.
  case localMemory(needed: Int, limit: Int)
  /// The kernel takes another number of arguments.
  case argumentCount(given: Int, taken: Int)
  /// A label is not the parameter's name.
  case argumentName(index: Int, label: String, parameter: String)
  /// An argument is beyond the 32 bits that kernels count with.
  case argumentTooLarge(index: Int, label: String, value: Int)
  /// An argument was refused by the driver.
  case argumentRefused(index: Int, label: String, code: Int32)
}

extension OpenCLError {
  /// Whether a work-group is too large, or takes too much local memory.
  var isOfGroupSize: Bool {
    guard case .launch(_, let fault) = self else { return false }
    return switch fault {
    case .localSize, .deviceGroup, .kernelGroup, .localMemory: true
    default: false
    }
  }
}

extension OpenCLError: CustomStringConvertible {
  /// The fault in words: what, where, and the way out.
  public var description: String {
    switch self {
    case .loaderMissing(let tried):
      """
      OpenCL is not installed: the loader libOpenCL.so.1 could not be opened (\(tried)). \
      Install it and a driver, on Debian and Ubuntu `apt install ocl-icd-libopencl1 \
      pocl-opencl-icd` (or the GPU vendor's driver), or use --device cpu.
      """
    case .noPlatform:
      """
      No OpenCL platform: the loader found no driver. Install the GPU vendor's driver or, on \
      Debian and Ubuntu, `apt install pocl-opencl-icd`; drivers are listed in \
      /etc/OpenCL/vendors. Or use --device cpu.
      """
    case .unlisted(let reason):
      """
      OpenCL's drivers cannot be listed: \(reason). Drivers are the files in /etc/OpenCL/vendors; \
      OCL_ICD_VENDORS names another folder, with fewer of them. Or use --device cpu.
      """
    case .noDevice(let selector, let available):
      "No OpenCL device fits '\(selector)'. "
        + (available.isEmpty
          ? "No device was found at all."
          : "There are: " + available.joined(separator: "; ") + ".")
    case .unusable(let device, let shortcoming):
      "The only OpenCL device that fits is \(device), \(shortcoming). Or use --device cpu."
    case .malformedSelector(let selector):
      """
      '\(selector)' names no device. Write auto, opencl, opencl:PLATFORM, \
      opencl:PLATFORM:DEVICE (numbers as `retort devices` shows), or opencl:NAME with a part of \
      a platform's or device's name.
      """
    case .call(let name, let code, let detail):
      "\(name) failed with \(Self.name(of: code))\(detail.isEmpty ? "" : ": " + detail)."
        + Self.wayOut(of: code)
    case .build(let program, let code, let device, let log):
      """
      \(program) did not build on \(device), \(Self.name(of: code)): \(Self.complaint(of: log)). \
      Update the driver, or use --device cpu.
      """
    case .missingEntry(let entry, let program, let device):
      "\(program) has no kernel '\(entry)' on \(device)."
    case .unknownFamily(let name):
      "No kernel source '\(name)' is embedded; Kernels/kernels.c lists those that are."
    case .launch(let launch, let fault):
      "\(launch) \(fault.text(launch))"
    case .tooLarge(let byteCount, let limit, let device):
      """
      A buffer of \(byteCount) bytes exceeds the \(limit) bytes that \(device) allows in one \
      piece. Use a smaller batch.
      """
    case .clblast(let code, let detail):
      "CLBlast failed with status \(code) (\(Self.name(of: code))): \(detail)."
    case .cancelled: "The compilation of kernels was interrupted."
    case .implausible(let what, let device):
      """
      \(device) gives \(what), which cannot be: its driver's times are not to be relied on. Update \
      the driver.
      """
    }
  }

  /// The first error of a compiler's log, or its first line.
  private static func complaint(of log: String) -> String {
    let lines = log.split(whereSeparator: \.isNewline).map { line in
      line.drop { $0.isWhitespace }
    }.filter { !$0.isEmpty }
    let first = lines.first { $0.contains("error:") } ?? lines.first
    return first.map(String.init) ?? "its compiler says nothing; a library of it may be missing"
  }

  /// What helps where memory is short; else nothing.
  private static func wayOut(of code: Int32) -> String {
    let memory = [
      OCL_MEM_OBJECT_ALLOCATION_FAILURE, OCL_OUT_OF_RESOURCES, OCL_OUT_OF_HOST_MEMORY,
    ]
    guard memory.contains(code) else { return "" }
    return " Memory is short: use a smaller batch, or end what else uses the device."
  }

  /// The `CL_…` name of `code`, or the number itself.
  package static func name(of code: Int32) -> String {
    guard let name = opencl_error_name(code) else { return "error \(code)" }
    return String(cString: name)
  }
}

extension ProgramDescription: CustomStringConvertible {
  /// The program in words.
  public var description: String {
    "Program '\(family)'" + (macros.isEmpty ? "" : " (\(macros.joined(separator: ", ")))")
  }
}

extension LaunchDescription: CustomStringConvertible {
  /// The launch in words.
  public var description: String {
    """
    Kernel '\(entry)' of \(program) with global \(global) and local \(local) cannot run on \
    \(device):
    """
  }
}

extension LaunchFault {
  func text(_ launch: LaunchDescription) -> String {
    switch self {
    case .dimensions:
      "global and local size need the same number of dimensions, one to three."
    case .emptySize(let dimension):
      "a size in dimension \(dimension) is less than 1."
    case .indivisible(let dimension):
      """
      the global size \(launch.global[dimension]) is not divisible by the local size \
      \(launch.local[dimension]) in dimension \(dimension).
      """
    case .localSize(let dimension, let limit):
      """
      the local size \(launch.local[dimension]) in dimension \(dimension) exceeds the device's \
      limit of \(limit).
      """
    case .deviceGroup(let limit):
      "the work-group of \(launch.local.reduce(1, *)) exceeds the device's limit of \(limit)."
    case .kernelGroup(let limit):
      "the work-group of \(launch.local.reduce(1, *)) exceeds this kernel's limit of \(limit)."
    case .requiredGroup(let size):
      "the kernel was compiled for work-groups of \(size)."
    case .localMemory(let needed, let limit):
      "it needs \(needed) bytes of local memory, the device has \(limit)."
    case .argumentCount(let given, let taken):
      "\(given) arguments are given, the kernel takes \(taken)."
    case .argumentName(let index, let label, let parameter):
      "argument \(index) is labelled '\(label)', the kernel's parameter is '\(parameter)'."
    case .argumentTooLarge(let index, let label, let value):
      """
      argument \(index) ('\(label)') is \(value), and kernels count to 2³¹ − 1. Use a smaller batch or \
      model.
      """
    case .argumentRefused(let index, let label, let code):
      "argument \(index) ('\(label)') was refused with \(OpenCLError.name(of: code))."
    }
  }
}
