import Glibc
import RetortCore
import Testing

@testable import RetortOpenCL

@Suite struct CapabilityTests {
  @Test func theDeviceWorksAndAFormIsChosen() throws {
    let context = try Fixture.context()
    let found = Capabilities.of(context, store: nil)
    #expect(found.localMemory)
    #expect(found.doubleArithmetic == context.device.extensions.contains("cl_khr_fp64"))
    #expect(found.commandBuffers == context.device.extensions.contains("cl_khr_command_buffer"))
    if context.device.version.hasPrefix("OpenCL 3.") {
      #expect(found.deviceFence == .openCL || context.device.kind != .cpu)
    }
    #expect((found.vectorFormSeconds ?? 0) > 0 && (found.tiledFormSeconds ?? 0) > 0)
    if context.device.kind == .cpu {
      #expect(found.prefersVectorForm, "\(found)")
      #expect(found.computeTypes == [.float32])
    }
  }

  @Test func aTypeThatTheDeviceLacksIsRefused() throws {
    let context = try Fixture.context()
    let offered = Capabilities.of(context).computeTypes
    for type in ComputeType.allCases where !offered.contains(type) {
      let expected = BackendError.compute(
        type, device: context.device.description, offered: offered)
      #expect(throws: expected) { try OpenCLBackend(context, compute: type) }
      #expect("\(expected)".contains("\(context.device.name)"))
      #expect("\(expected)".contains("cannot multiply in \(type.rawValue), only in float32"))
    }
  }

  @Test(arguments: MatrixInstruction.allCases)
  func aTypeIsMultipliedByTheInstructionThatWasFound(_ instruction: MatrixInstruction) {
    var found = Capabilities()
    found.matrixUnitsBF16 = instruction
    #expect(found.computeTypes == [.float32, .bf16])
    #expect(found.matrixUnits(.fp16) == nil)
    found.matrixUnitsFP16 = instruction
    #expect(found.computeTypes == [.float32, .bf16, .fp16])
    for type in [ComputeType.bf16, .fp16] {
      #expect(found.matrixUnits(type) == MatrixUnits(instruction: instruction, compute: type))
    }
    #expect(found.matrixUnits(.tf32) == nil && found.matrixUnits(.float32) == nil)
  }

  @Test func peaksAreWithinReason() throws {
    let peaks = try DevicePeaks.of(try Fixture.context(), store: nil)
    #expect(peaks.copyBytesPerSecond > 1e8 && peaks.copyBytesPerSecond < 1e14)
    #expect(peaks.floatOperationsPerSecond > 1e8 && peaks.floatOperationsPerSecond < 1e16)
  }

  @Test func factsAreKeptPerDeviceAndDamageIsIgnored() throws {
    var template = Array("/tmp/retort-test-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { _ = system("rm -rf '\(path)'") }
    let folder = CacheFolder(path: path)
    let store = DeviceFactStore(folder: folder)
    let context = try Fixture.context()
    var facts = Capabilities()
    facts.shuffles = true
    facts.vectorFormSeconds = 0.25
    #expect(store.read(Capabilities.self, "capabilities", of: context.device) == nil)
    store.write(facts, "capabilities", of: context.device)
    #expect(store.read(Capabilities.self, "capabilities", of: context.device) == facts)
    #expect(Capabilities.of(context, store: store) == facts)
    let name = try #require(fileName(in: path))
    let good = try #require(folder.read(name))
    folder.write(Array(good.dropLast(4)), to: name)
    #expect(store.read(Capabilities.self, "capabilities", of: context.device) == nil)
    let other = String(decoding: good, as: UTF8.self)
      .replacing(context.device.driverVersion, with: "0.0")
    folder.write(Array(other.utf8), to: name)
    #expect(store.read(Capabilities.self, "capabilities", of: context.device) == nil)
    #expect(Capabilities.of(context, store: store).localMemory)
    #expect(store.read(Capabilities.self, "capabilities", of: context.device)?.localMemory == true)
  }

  private func fileName(in path: String) -> String? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".capabilities.json") { return name }
    }
    return nil
  }
}
