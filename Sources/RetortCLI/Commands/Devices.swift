import ArgumentParser
import RetortCPU
import RetortFormats
import RetortOpenCL
import RetortTraining

/// `retort devices`: what there is to compute on, as measured.
struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows every device with its limits, abilities and measured peaks.",
    discussion: "The first look at a device measures it, which takes seconds; later ones do not.")

  @Flag(help: "Measure peaks again even if they are known.")
  var fresh = false
  @OptionGroup var format: JSONOption

  func run() throws {
    var reports: [JSONValue] = []
    var missing: OpenCLError?
    do throws(OpenCLError) {
      for device in try OpenCLPlatform.devices() {
        let report = report(device)
        reports.append(report)
        if !format.json { show(report) }
      }
    } catch {
      missing = error
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

  private func report(_ device: OpenCLDevice) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("device", .string(device.selector)), .init("name", .string(device.name)),
      .init("kind", .string(device.kind.rawValue)), .init("vendor", .string(device.vendor)),
      .init("platform", .string("\(device.platform.name), \(device.platform.version)")),
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
    do throws(OpenCLError) {
      let context = try OpenCLContext(device)
      let capabilities = Capabilities.of(context)
      members.append(.init("capabilities", .object(abilities(capabilities))))
      members.append(tuning(device))
      let peaks = try DevicePeaks.of(context, isFresh: fresh)
      members.append(.init("copyGBPerSecond", .real(peaks.copyBytesPerSecond / 1e9)))
      members.append(.init("fmaGFLOPPerSecond", .real(peaks.floatOperationsPerSecond / 1e9)))
    } catch {
      members.append(.init("error", .string("\(error)")))
    }
    return .object(members)
  }

  /// How many contractions `retort tune` has searched for the device.
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
