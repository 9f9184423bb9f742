/// Tries a device in another process before this one relies on its driver.
package struct DeviceTrial: Sendable {
  /// Measures the device there, its peaks too if `withPeaks`, and keeps what it finds in the standard
  /// store; gives the reason if that does not end well.
  package let run: @Sendable (_ device: OpenCLDevice, _ withPeaks: Bool) -> String?

  /// A trial by `run`.
  package init(_ run: @escaping @Sendable (_ device: OpenCLDevice, _ withPeaks: Bool) -> String?) {
    self.run = run
  }
}

/// The device that a selection means, and what was left out on the way.
package struct DeviceChoice: Sendable {
  /// The device.
  package let device: OpenCLDevice
  /// Devices that might have been it, each with the reason why it is not.
  package let leftOut: [String]
}

extension DeviceChoice {
  /// Two devices whose measured peaks differ by less are equal, and the likely better one is taken.
  private static let close = 0.8

  /// Chooses among all devices of this machine.
  ///
  /// What its driver rules out is left out, and what fails its trial. Software renderers come last. Of
  /// several others that fit, the one with the best measured peaks is taken.
  ///
  /// - Parameters:
  ///   - store: Where measurements are kept.
  ///   - trial: Tries those whose driver is not known yet; without one, they are trusted.
  /// - Throws: `.malformedSelector`, `.loaderMissing`, `.noPlatform`, `.noDevice`, or `.unusable`.
  package init(
    _ selector: String, store: DeviceFactStore? = .standard(), trial: DeviceTrial? = nil
  ) throws(OpenCLError) {
    try self.init(selector, among: try OpenCLPlatform.devices(), store: store, trial: trial)
  }

  init(
    _ selector: String, among devices: [OpenCLDevice], store: DeviceFactStore?,
    trial: DeviceTrial?
  ) throws(OpenCLError) {
    let ranking = try DeviceSelection(selector).ranking(of: devices)
    guard let first = ranking.first else {
      throw .noDevice(selector: selector, available: devices.map(\.listing))
    }
    if let shortcoming = first.shortcoming {
      throw .unusable(device: first.description, shortcoming: shortcoming)
    }
    let usable = ranking.filter { $0.shortcoming == nil }
    let others = ranking.compactMap { device in
      device.shortcoming.map { "\(device) is left out, \($0)" }
    }
    let real = usable.filter { !$0.isSoftwareRenderer }
    let contest = Contest(store: store, trial: trial)
    let passed = contest.passed(real.isEmpty ? usable : real)
    let rest =
      passed.devices.isEmpty && !real.isEmpty
      ? contest.passed(usable.filter(\.isSoftwareRenderer)) : (devices: [], faults: [])
    let faults = passed.faults + rest.faults
    guard let best = contest.best(of: passed.devices + rest.devices) else {
      throw .unusable(
        device: first.description, shortcoming: faults.first?.reason ?? "which does not work")
    }
    // A word where something better might have been had.
    let isModest = best.kind != .gpu
    device = best
    leftOut =
      faults.map { "\($0.device) is left out, \($0.reason)" } + (isModest ? others : [])
  }

  private typealias Fault = (device: OpenCLDevice, reason: String)

  private struct Contest {
    let store: DeviceFactStore?
    let trial: DeviceTrial?

    /// Those of `devices` that pass their trial or have passed it before.
    func passed(_ devices: [OpenCLDevice]) -> (devices: [OpenCLDevice], faults: [Fault]) {
      var (passed, faults): ([OpenCLDevice], [Fault]) = ([], [])
      for device in devices {
        if let reason = fault(of: device, withPeaks: devices.count > 1) {
          faults.append((device, reason))
        } else {
          passed.append(device)
        }
      }
      return (passed, faults)
    }

    private func fault(of device: OpenCLDevice, withPeaks: Bool) -> String? {
      let known = store?.read(Capabilities.self, "capabilities", of: device)
      if known == nil || withPeaks && peaks(device) == nil, let store, let trial {
        if let reason = trial.run(device, withPeaks) { return reason }
        return store.read(Capabilities.self, "capabilities", of: device)?.fault
      }
      return known?.fault
    }

    private func peaks(_ device: OpenCLDevice) -> DevicePeaks? {
      store?.read(DevicePeaks.self, "peaks", of: device)
    }

    /// The first of a ranking whose peaks are not clearly below another's; the first if none are known.
    func best(of devices: [OpenCLDevice]) -> OpenCLDevice? {
      let scores = devices.map { peaks($0)?.score ?? 0 }
      let most = scores.max() ?? 0
      return zip(devices, scores).first { $1 >= DeviceChoice.close * most }?.0
    }
  }
}

extension DevicePeaks {
  /// How fast a training step is: about ten operations for each byte.
  fileprivate var score: Double { 1 / (1 / copyBytesPerSecond + 10 / floatOperationsPerSecond) }
}

extension OpenCLDevice {
  /// The device that `selector` means on this machine.
  ///
  /// - Parameter selector: `auto`, `opencl`, `opencl:0`, `opencl:0:1` or `opencl:NAME`.
  /// - Throws: `.malformedSelector`, `.loaderMissing`, `.noPlatform`, `.noDevice`, or `.unusable`.
  public static func select(_ selector: String = "auto") throws(OpenCLError) -> OpenCLDevice {
    try DeviceChoice(selector).device
  }
}
