import RetortCore
import Testing

@testable import RetortOpenCL

@Suite struct DeviceTests {
  @Test func everyDeviceReportsItsLimits() throws {
    let devices = try OpenCLPlatform.devices()
    #expect(!devices.isEmpty)
    for device in devices {
      #expect(!device.name.isEmpty && !device.platform.name.isEmpty)
      #expect(device.computeUnits > 0)
      #expect(device.maxWorkGroupSize > 0 && device.maxWorkItemSizes.count >= 3)
      #expect(device.localMemorySize >= 16 << 10)
      #expect(device.maxAllocationSize > 0)
      #expect(device.maxAllocationSize <= device.globalMemorySize)
      #expect(device.baseAlignment >= 1 && device.baseAlignment <= 4096)
      #expect(device.version.hasPrefix("OpenCL "))
      #expect(try OpenCLDevice.select(device.selector).raw == device.raw)
    }
  }

  @Test(arguments: [
    ("auto", DeviceSelection.best), ("opencl", .best), ("opencl:0", .platform(0)),
    ("opencl:2:1", .device(platform: 2, device: 1)), ("opencl:nvidia", .named("nvidia")),
    ("opencl:Portable Computing", .named("Portable Computing")),
  ])
  func selectorsAreRead(_ text: String, _ expected: DeviceSelection) throws {
    #expect(try DeviceSelection(text) == expected)
  }

  @Test(arguments: [
    "", "cpu", "gpu", "opencl:", "opencl::1", "opencl:0:x", "opencl:0:1:2", "opencl:-1",
  ])
  func otherSelectorsAreRefused(_ text: String) {
    #expect(throws: OpenCLError.malformedSelector(text)) { try DeviceSelection(text) }
  }

  @Test func anUnknownDeviceIsNamedWithThoseThatExist() throws {
    let available = try OpenCLPlatform.devices().map(\.listing)
    let error = #expect(throws: OpenCLError.self) { try OpenCLDevice.select("opencl:97") }
    #expect(error == .noDevice(selector: "opencl:97", available: available))
    #expect(error?.description.contains(available[0]) == true)
  }

  @Test func whatRulesADeviceOutIsSaid() throws {
    func shortcoming(
      _ version: String, on name: String = "Clover", isAvailable: Bool = true,
      hasCompiler: Bool = true, alignment: Int = 128
    ) -> String? {
      OpenCLDevice.shortcoming(
        version: version, platform: OpenCLPlatform(name: name, vendor: "", version: version),
        isAvailable: isAvailable, hasCompiler: hasCompiler, baseAlignment: alignment)
    }
    let clover = "OpenCL 1.1 Mesa 22.3.6"
    #expect(
      shortcoming(clover)?.hasPrefix(
        "which offers \(clover) where Retort needs OpenCL 1.2; Mesa has a newer driver, rusticl: set "
          + "RUSTICL_ENABLE to ") == true)
    #expect(shortcoming(clover, on: "Other")?.hasSuffix("; update its driver") == true)
    #expect(shortcoming("OpenCL 1.2 x") == nil && shortcoming("OpenCL 3.0 ") == nil)
    #expect(shortcoming("OpenCL 2.0", isAvailable: false) != nil)
    #expect(shortcoming("OpenCL 2.0", hasCompiler: false) != nil)
    #expect(shortcoming("OpenCL 2.0", alignment: Plan.alignment) == nil)
    #expect(shortcoming("OpenCL 2.0", alignment: 2 * Plan.alignment)?.contains("1024") == true)
    #expect(try OpenCLPlatform.devices().allSatisfy { $0.shortcoming == nil })
  }

  @Test func discreteGPUsComeFirst() throws {
    let real = try #require(try OpenCLPlatform.devices().first)
    let cpu = real.altered(index: 0, kind: .cpu, units: 128, unified: true)
    let integrated = real.altered(index: 1, kind: .gpu, units: 96, unified: true)
    let small = real.altered(index: 2, kind: .gpu, units: 24, unified: false)
    let large = real.altered(index: 3, kind: .gpu, units: 132, unified: false)
    let twin = real.altered(index: 4, kind: .gpu, units: 132, unified: false)
    let other = real.altered(index: 5, kind: .accelerator, units: 999, unified: false)
    func best(_ devices: [OpenCLDevice]) -> Int? {
      DeviceSelection.best.choose(from: devices)?.deviceIndex
    }
    #expect(best([cpu, integrated, small, large, twin, other]) == 3)
    #expect(best([cpu, integrated, small, other]) == 2)
    #expect(best([cpu, integrated, other]) == 1)
    #expect(best([cpu, other]) == 5)
    #expect(best([cpu]) == 0)
    #expect(best([]) == nil)
    let renderer = real.altered(
      index: 6, kind: .gpu, units: 999, unified: false, named: "llvmpipe (LLVM 15.0.6, 256 bits)")
    let old = real.altered(
      index: 7, kind: .gpu, units: 999, unified: false, shortcoming: "which is old")
    #expect(best([renderer, cpu, old]) == 0)
    #expect(best([renderer, old]) == 6)
    #expect(best([old]) == 7)
    let chosen = DeviceSelection.device(platform: real.platformIndex, device: 4)
    #expect(chosen.choose(from: [cpu, twin])?.deviceIndex == 4)
    #expect(DeviceSelection.named(real.name.uppercased()).choose(from: [cpu, large]) != nil)
    #expect(DeviceSelection.named("no such name").choose(from: [cpu, large]) == nil)
  }
}

extension OpenCLDevice {
  /// The same device with other facts.
  func altered(
    index: Int, kind: Kind, units: Int, unified: Bool, named other: String? = nil,
    shortcoming: String? = nil
  ) -> OpenCLDevice {
    OpenCLDevice(
      platformIndex: platformIndex, deviceIndex: index, platform: platform, name: other ?? name,
      vendor: vendor, driverVersion: driverVersion, version: version,
      languageVersion: languageVersion, kind: kind, computeUnits: units,
      maxWorkGroupSize: maxWorkGroupSize, maxWorkItemSizes: maxWorkItemSizes,
      localMemorySize: localMemorySize, hasDedicatedLocalMemory: hasDedicatedLocalMemory,
      globalMemorySize: globalMemorySize, maxAllocationSize: maxAllocationSize,
      baseAlignment: baseAlignment, shortcoming: shortcoming, hasUnifiedMemory: unified,
      extensions: extensions, raw: raw, rawPlatform: rawPlatform)
  }
}
