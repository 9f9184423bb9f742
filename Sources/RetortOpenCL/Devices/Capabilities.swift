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
  /// Whether heavy kernels take the form for CPU devices.
  public var prefersVectorForm = false

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
    if let known = store?.read(Capabilities.self, "capabilities", of: context.device) {
      return known
    }
    let measured = CapabilityProbe(context: context).measure()
    store?.write(measured, "capabilities", of: context.device)
    return measured
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
  private static let version = 6

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

  private func fileName(_ kind: String, _ device: OpenCLDevice) -> String {
    "\(device.fileName).\(kind).json"
  }
}

extension OpenCLDevice {
  /// What measurements of the device depend on.
  var identity: String {
    [name, version, driverVersion, platform.version].joined(separator: " | ")
  }

  /// Device and driver, as the beginning of a file's name.
  var fileName: String {
    let safe = "\(name)-\(driverVersion)".map {
      $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-"
    }
    return String(safe.prefix(120))
  }
}
