/// Which OpenCL device a user asks for.
public enum DeviceSelection: Equatable, Sendable {
  /// The best device by `rank`.
  case best
  /// The best device of the platform with this number.
  case platform(Int)
  /// The device with this number on the platform with this number.
  case device(platform: Int, device: Int)
  /// The best device whose own or whose platform's name contains this text, in any case.
  case named(String)

  /// Reads `auto`, `opencl`, `opencl:0`, `opencl:0:1` or `opencl:NAME`.
  ///
  /// - Throws: `.malformedSelector` for anything else.
  public init(_ text: String) throws(OpenCLError) {
    if text == "auto" || text == "opencl" {
      self = .best
      return
    }
    guard text.hasPrefix("opencl:") else { throw .malformedSelector(text) }
    let rest = String(text.dropFirst("opencl:".count))
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
    case (1, let platform?, _) where platform >= 0: self = .platform(platform)
    case (2, let platform?, let device?) where platform >= 0 && device >= 0:
      self = .device(platform: platform, device: device)
    case (_, nil, _) where !rest.isEmpty && !rest.hasPrefix(":"): self = .named(rest)
    default: throw .malformedSelector(text)
    }
  }

  /// The device of `devices` that this selection means, or nil; one that cannot be used only if no
  /// other fits.
  public func choose(from devices: [OpenCLDevice]) -> OpenCLDevice? { ranking(of: devices).first }

  /// Those of `devices` that this selection means, the likely best first.
  func ranking(of devices: [OpenCLDevice]) -> [OpenCLDevice] {
    devices.filter(matches).sorted { Self.rank($0) > Self.rank($1) }
  }

  private func matches(_ device: OpenCLDevice) -> Bool {
    switch self {
    case .best: true
    case .platform(let platform): device.platformIndex == platform
    case .device(let platform, let index):
      device.platformIndex == platform && device.deviceIndex == index
    case .named(let name):
      [device.name, device.platform.name].contains {
        $0.lowercased().contains(name.lowercased())
      }
    }
  }

  // What can be used; software renderers last; GPUs before accelerators before CPUs; memory of its own
  // before the host's; then size. The last two make the first of equals win.
  private static func rank(_ device: OpenCLDevice) -> Rank {
    let kind =
      switch device.kind {
      case .gpu: 3
      case .accelerator: 2
      case .cpu: 1
      case .other: 0
      }
    return Rank(keys: [
      device.shortcoming == nil ? 1 : 0, device.isSoftwareRenderer ? 0 : 1, kind,
      device.hasUnifiedMemory ? 0 : 1, device.computeUnits, device.globalMemorySize,
      -device.platformIndex, -device.deviceIndex,
    ])
  }

  private struct Rank: Comparable {
    let keys: [Int]
    static func < (a: Rank, b: Rank) -> Bool { a.keys.lexicographicallyPrecedes(b.keys) }
  }
}
