import ArgumentParser
import RetortCPU
import RetortFormats
import RetortOpenCL
import RetortRuns
import RetortTraining

/// `retort devices`: the devices, with their limits and measured peaks.
struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows every device with its limits, abilities and measured peaks.",
    discussion: "The first look at a device measures it, which takes seconds; later ones do not.")

  @Flag(help: "Measure peaks again even if they are known.")
  var fresh = false
  @OptionGroup var format: JSONOption

  /// For a trial in a separate process: probes this device, or lists `all`, and prints nothing.
  @Option(help: .hidden) var probe: String?
  /// With `probe`: also measures peaks.
  @Flag(help: .hidden) var peaks = false

  func run() throws {
    if let probe { return try tryOut(probe) }
    var reports: [JSONValue] = []
    var missing: String?
    let survey = DriverSurvey.shared
    for driver in survey.leftOut {
      add(
        .record(
          ("device", .string("opencl")), ("name", .string(driver.file)),
          ("error", .string("it is left out: a driver \(driver.reason)"))), to: &reports)
    }
    if let reason = survey.fault {
      missing = "\(OpenCLError.unlisted(reason: reason))"
    } else {
      missing = list(&reports)
    }
    let processor = JSONValue.record(
      ("device", .string("cpu")), ("name", .string(CPUBackend().name)), ("kind", .string("cpu")))
    guard !format.json else {
      StandardOutput.write(.array(reports + [processor]))
      return
    }
    show(processor)
    if let missing { StandardError.complain("\(missing)") }
  }

  private func tryOut(_ selector: String) throws {
    let devices = try? OpenCLPlatform.devices()
    for device in devices ?? [] where device.selector == selector {
      let context = try OpenCLContext(device)
      _ = Capabilities.of(context)
      // A device without measured peaks is still usable.
      if peaks { _ = try? DevicePeaks.of(context, isFresh: fresh) }
    }
  }

  /// Adds a report of every OpenCL device; returns the reason if there is none.
  private func list(_ reports: inout [JSONValue]) -> String? {
    do throws(OpenCLError) {
      for device in try OpenCLPlatform.devices() {
        add(report(device), to: &reports)
      }
      for fault in try OpenCLPlatform.faults() {
        add(
          .record(
            ("device", .string("opencl")), ("name", .string(fault.platform)),
            ("error", .string("its driver lists no devices and is left out: \(fault.error)"))),
          to: &reports)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func add(_ report: JSONValue, to reports: inout [JSONValue]) {
    reports.append(report)
    if !format.json { show(report) }
  }

  private func report(_ device: OpenCLDevice) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("device", .string(device.selector)), .init("name", .string(device.name)),
      .init("kind", .string(device.kind.rawValue)), .init("vendor", .string(device.vendor)),
      .init("platform", .string("\(device.platform.name), \(device.platform.version)")),
      .init("tried", .string(device.platform.record)),
      .init("version", .string(device.version)),
      .init("language", .string(device.languageVersion)),
      .init("driver", .string(device.driverVersion)),
      .init("computeUnits", .integer(device.computeUnits)),
      .init("maxWorkGroupSize", .integer(device.maxWorkGroupSize)),
      .init("localMemoryBytes", .integer(device.localMemorySize)),
      .init("globalMemoryBytes", .integer(device.globalMemorySize)),
      .init("maxBufferBytes", .integer(device.maxAllocationSize)),
      .init("unifiedMemory", .bool(device.hasUnifiedMemory)),
    ]
    if let shortcoming = device.shortcoming {
      members.append(.init("error", .string("it is left out: a device \(shortcoming)")))
      return .object(members)
    }
    let trial = ["--probe", device.selector, "--peaks"] + (fresh ? ["--fresh"] : [])
    if let fault = DeviceTrialProcess.fault(trial) {
      members.append(.init("error", .string("it is left out: a device \(fault)")))
      return .object(members)
    }
    do throws(OpenCLError) {
      let context = try OpenCLContext(device)
      let capabilities = Capabilities.of(context)
      members.append(.init("capabilities", .object(abilities(capabilities))))
      if let fault = capabilities.fault {
        members.append(.init("error", .string("it is left out: a device \(fault)")))
        return .object(members)
      }
      let notes = capabilities.notes(on: device)
      if !notes.isEmpty { members.append(.init("notes", .array(notes.map { .string($0) }))) }
      members.append(tuning(device))
      let peaks = try DevicePeaks.of(context)
      members.append(.init("copyGBPerSecond", .real(peaks.copyBytesPerSecond / 1e9)))
      members.append(.init("fmaGFLOPPerSecond", .real(peaks.floatOperationsPerSecond / 1e9)))
    } catch {
      members.append(.init("error", .string("\(error)")))
    }
    return .object(members)
  }

  /// The number of contractions that `retort tune` has tuned for the device.
  private func tuning(_ device: OpenCLDevice) -> JSONValue.Member {
    do throws(TuningError) {
      let count = try TuningStore.standard()?.read(device).choices.count ?? 0
      return .init("tunedContractions", .integer(count))
    } catch {
      return .init("tuningError", .string("\(error)"))
    }
  }

  private func abilities(_ found: Capabilities) -> [JSONValue.Member] {
    [
      .init("localMemory", .bool(found.localMemory)), .init("fp16", .bool(found.halfArithmetic)),
      .init("fp64", .bool(found.doubleArithmetic)), .init("shuffles", .bool(found.shuffles)),
      .init("matrixUnitsBF16", instruction(found.matrixUnitsBF16)),
      .init("matrixUnitsFP16", instruction(found.matrixUnitsFP16)),
      .init("matrixUnitsTF32", instruction(found.matrixUnitsTF32)),
      .init("deviceFence", found.deviceFence.map { .string($0.rawValue) } ?? .null),
      .init("commandBuffers", .bool(found.commandBuffers)),
      .init("kernelForm", .string(found.prefersVectorForm ? "vector" : "tiled")),
    ]
  }

  private func instruction(_ found: MatrixInstruction?) -> JSONValue {
    found.map { .string($0.rawValue) } ?? .null
  }

  private func show(_ report: JSONValue) {
    let title = "\(report["device"]?.string ?? "")  \(report["name"]?.string ?? "")"
    StandardOutput.write(title)
    for member in report.members ?? [] where !["device", "name"].contains(member.key) {
      let value: String
      if let abilities = member.value.members {
        value = abilities.compactMap { ability in
          switch ability.value {
          case .bool(true): ability.key
          case .string(let text): "\(ability.key) \(text)"
          default: nil
          }
        }.joined(separator: ", ")
      } else if let lines = member.value.array {
        value = lines.compactMap(\.string).joined(separator: "; ")
      } else if member.key.hasSuffix("Bytes") {
        value = bytes(member.value.int ?? 0)
      } else if member.key.hasSuffix("PerSecond") {
        value = fixed(member.value.double ?? 0, 1)
      } else {
        value = member.value.string ?? member.value.text
      }
      let space = String(repeating: " ", count: max(1, 20 - member.key.count))
      StandardOutput.write("  \(member.key)\(space)\(value)")
    }
  }
}
