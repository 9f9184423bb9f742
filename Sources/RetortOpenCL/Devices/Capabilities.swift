import FoundationEssentials
import RetortCore

/// What a device was found to do, by trying it and checking the result.
public struct Capabilities: Equatable, Sendable, Codable {
  /// Work-groups can share local memory.
  public var localMemory = false
  /// Half-precision arithmetic.
  public var halfArithmetic = false
  /// Double-precision arithmetic.
  public var doubleArithmetic = false
  /// Lanes of a sub-group or warp can exchange registers.
  public var shuffles = false
  /// The instruction that multiplies matrices of bfloat16, if there is one.
  public var matrixUnitsBF16: MatrixInstruction?
  /// The instruction that multiplies matrices of fp16, if there is one.
  public var matrixUnitsFP16: MatrixInstruction?
  /// The instruction that multiplies matrices of tf32, if there is one.
  public var matrixUnitsTF32: MatrixInstruction?
  /// What orders global memory between work-groups of one launch, if anything does.
  public var deviceFence: DeviceFence?
  /// The driver lists `cl_khr_command_buffer`.
  public var commandBuffers = false
  /// The time of a small product in each form, in seconds; nil if the form does not run.
  public var vectorFormSeconds: Double?
  /// See `vectorFormSeconds`.
  public var tiledFormSeconds: Double?
  /// Why the vector form does not run, if the device refuses it.
  public var vectorFormFault: String?
  /// Why the tiled form does not run, if the device refuses it.
  public var tiledFormFault: String?
  /// How the driver must be dealt with.
  package var traits = DriverTraits()
  /// Whether heavy kernels take the form for CPU devices.
  public var prefersVectorForm = false
  /// What could not be found out this time, each with the reason; nothing is stored while there is any.
  public var doubts: [String] = []

  /// What products and convolutions can multiply in.
  public var computeTypes: [ComputeType] {
    ComputeType.allCases.filter { $0 == .float32 || matrixUnits($0) != nil }
  }

  /// The matrix units for a type; nil for float32 and for a type that the device lacks.
  package func matrixUnits(_ compute: ComputeType) -> MatrixUnits? {
    let instruction: MatrixInstruction? =
      switch compute {
      case .float32: nil
      case .tf32: matrixUnitsTF32
      case .bf16: matrixUnitsBF16
      case .fp16: matrixUnitsFP16
      }
    return instruction.map { MatrixUnits(instruction: $0, compute: compute) }
  }

  /// Which form heavy kernels take.
  package var form: KernelForm { prefersVectorForm ? .vector : .tiled }

  /// The capabilities of the context's device, from an earlier measurement if there is one.
  ///
  /// - Parameter store: Where measurements are kept; nil measures anew and keeps nothing.
  package static func of(
    _ context: OpenCLContext, store: DeviceFactStore? = .standard()
  ) -> Capabilities {
    func measure() -> Capabilities { CapabilityProbe.measure(context) }
    let found =
      store?.facts(
        "capabilities", of: context.device, isWhole: { $0.doubts.isEmpty }, measure: measure)
      ?? measure()
    context.traits = found.traits
    return found
  }

  /// Why the device is of no use, if kernels run in neither form.
  package var fault: String? {
    guard let vectorFormFault, let tiledFormFault else { return nil }
    return "on which kernels do not run: \(vectorFormFault); \(tiledFormFault)"
  }

  /// What a user should know of how `device` is used, in words.
  package func notes(on device: OpenCLDevice) -> [String] {
    var notes = doubts.map { "on \(device.name) \($0); the next start tries again" }
    if device.kind == .gpu, prefersVectorForm, let tiledFormFault {
      notes.append(
        "\(device.name) runs kernels in the form for CPUs, which is slow on a GPU, because the form "
          + "for GPUs does not run: \(tiledFormFault)")
    }
    return notes
  }
}

/// A device's measured peaks.
public struct DevicePeaks: Equatable, Sendable, Codable {
  /// Reads plus writes of a large copy, in bytes per second.
  public var copyBytesPerSecond: Double
  /// Multiply-adds count as two operations, float32, no matrix units; per second.
  public var floatOperationsPerSecond: Double
}

/// Measurements of devices on disk, one file each for a device, its driver and a kind of fact.
///
/// A file that is missing, damaged or of another version reads as nil.
package struct DeviceFactStore: Sendable {
  private let folder: CacheFolder
  // Raised whenever a probe or a stored type changes.
  private static let version = 9

  private struct Entry<Facts: Codable>: Codable {
    let version: Int
    let device: String
    let facts: Facts
  }

  /// A store in `folder`.
  package init(folder: CacheFolder) { self.folder = folder }

  /// The user's store, `$XDG_CACHE_HOME/retort/devices`; nil if there is no home folder.
  package static func standard() -> DeviceFactStore? {
    CacheFolder.standard("devices").map(DeviceFactStore.init)
  }

  /// What was stored, or nil.
  package func read<Facts: Codable>(
    _ type: Facts.Type, _ kind: String, of device: OpenCLDevice
  ) -> Facts? {
    guard let bytes = folder.read(fileName(kind, device)),
      let entry = try? JSONDecoder().decode(Entry<Facts>.self, from: Data(bytes)),
      entry.version == Self.version, entry.device == device.identity
    else { return nil }
    return entry.facts
  }

  /// Stores `facts`; a failure to do so is ignored.
  package func write<Facts: Codable>(_ facts: Facts, _ kind: String, of device: OpenCLDevice) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let entry = Entry(version: Self.version, device: device.identity, facts: facts)
    guard let data = try? encoder.encode(entry) else { return }
    folder.write(Array(data), to: fileName(kind, device))
  }

  /// What is stored, or else what `measure` finds, which is stored if it `isWhole`.
  ///
  /// One measures at a time, so that those that start together agree and do not disturb each other.
  ///
  /// - Parameter isFresh: Measures even if something is stored.
  func facts<Facts: Codable, Failure: Error>(
    _ kind: String, of device: OpenCLDevice, isFresh: Bool = false,
    isWhole: (Facts) -> Bool = { _ in true }, measure: () throws(Failure) -> Facts
  ) throws(Failure) -> Facts {
    if !isFresh, let known = read(Facts.self, kind, of: device) { return known }
    return try folder.locked("lock") { () throws(Failure) in
      if !isFresh, let known = read(Facts.self, kind, of: device) { return known }
      let found = try measure()
      if isWhole(found) { write(found, kind, of: device) }
      return found
    }
  }

  private func fileName(_ kind: String, _ device: OpenCLDevice) -> String {
    "\(device.fileName).\(kind).json"
  }
}

extension OpenCLDevice {
  /// What measurements of the device depend on.
  var identity: String {
    [platform.name, platform.version, name, version, driverVersion].joined(separator: " | ")
  }

  /// Platform, device and driver, as the beginning of a file's name.
  var fileName: String {
    let safe = "\(platform.name)-\(name)-\(driverVersion)".map {
      $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-"
    }
    return String(safe.prefix(120)) + "-" + FNV.hexadecimal(identity).prefix(8)
  }
}
