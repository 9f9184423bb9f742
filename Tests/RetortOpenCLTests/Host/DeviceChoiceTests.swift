import Glibc
import RetortCore
import Synchronization
import Testing

@testable import RetortOpenCL

@Suite struct DeviceChoiceTests {
  private func withStore(_ body: (DeviceFactStore) throws -> Void) throws {
    var template = Array("/tmp/retort-test-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { _ = system("rm -rf '\(path)'") }
    try body(DeviceFactStore(folder: CacheFolder(path: path)))
  }

  private func device(
    _ name: String, at index: Int, kind: OpenCLDevice.Kind = .gpu, shortcoming: String? = nil
  ) throws -> OpenCLDevice {
    try Fixture.context().device.altered(
      index: index, kind: kind, units: 8, unified: false, named: name, shortcoming: shortcoming)
  }

  /// What is chosen among devices whose trials find these rates, and which were tried.
  private func choice(
    _ devices: [OpenCLDevice], rates: [String: Double], store: DeviceFactStore
  ) throws -> (choice: DeviceChoice, tried: [String]) {
    let tried = Tried()
    let trial = DeviceTrial { device, withPeaks in
      tried.names.withLock { $0.append(device.name) }
      guard let rate = rates[device.name] else { return "whose driver ended the process (Aborted)" }
      store.write(Capabilities(), "capabilities", of: device)
      if withPeaks {
        let peaks = DevicePeaks(copyBytesPerSecond: rate, floatOperationsPerSecond: 10 * rate)
        store.write(peaks, "peaks", of: device)
      }
      return nil
    }
    let choice = try DeviceChoice("auto", among: devices, store: store, trial: trial)
    return (choice, tried.names.withLock { $0 })
  }

  private final class Tried: Sendable {
    let names = Mutex<[String]>([])
  }

  @Test func theFastestIsTakenAndNearlyAsFastIsEqual() throws {
    let devices = [
      try device("large", at: 0), try device("twin", at: 1), try device("cpu", at: 2, kind: .cpu),
    ]
    for (rates, expected) in [
      (["large": 1e11, "twin": 1.1e11, "cpu": 1e10], "large"),
      (["large": 1e11, "twin": 2e11, "cpu": 1e10], "twin"),
      (["large": 1e9, "twin": 2e9, "cpu": 1e11], "cpu"),
    ] {
      try withStore { store in
        let first = try choice(devices, rates: rates, store: store)
        #expect(first.choice.device.name == expected && first.choice.leftOut.isEmpty)
        #expect(first.tried == ["large", "twin", "cpu"])
        // What is known is not tried again.
        let second = try choice(devices, rates: [:], store: store)
        #expect(second.choice.device.name == expected && second.tried.isEmpty)
      }
    }
  }

  @Test func whatFailsItsTrialIsLeftOut() throws {
    let devices = [try device("broken", at: 0), try device("cpu", at: 1, kind: .cpu)]
    try withStore { store in
      let found = try choice(devices, rates: ["cpu": 1e10], store: store)
      #expect(found.choice.device.name == "cpu")
      #expect(found.choice.leftOut.count == 1)
      #expect(found.choice.leftOut[0].hasPrefix("broken ("))
      #expect(
        found.choice.leftOut[0].hasSuffix("is left out, whose driver ended the process (Aborted)"))
      let error = #expect(throws: OpenCLError.self) {
        try choice([devices[0]], rates: [:], store: store)
      }
      #expect(error?.description.contains("whose driver ended the process (Aborted)") == true)
    }
  }

  @Test func aDeviceThatRunsNoKernelsIsOfNoUse() throws {
    let device = try device("broken", at: 0)
    var facts = Capabilities()
    (facts.vectorFormFault, facts.tiledFormFault) = ("it gives a wrong result", "it gives nothing")
    try withStore { store in
      store.write(facts, "capabilities", of: device)
      let error = #expect(throws: OpenCLError.self) {
        try DeviceChoice("auto", among: [device], store: store, trial: nil)
      }
      #expect(error?.description.contains("on which kernels do not run") == true)
    }
  }

  @Test func renderersAreTriedLastAndOldDriversAreNamed() throws {
    let renderer = try device("llvmpipe (LLVM 15.0.6, 256 bits)", at: 0)
    let cpu = try device("cpu", at: 1, kind: .cpu)
    let old = try device("old", at: 2, shortcoming: "which offers OpenCL 1.1")
    try withStore { store in
      let found = try choice(
        [renderer, cpu, old], rates: [renderer.name: 1e12, "cpu": 1e10], store: store)
      #expect(found.choice.device.name == "cpu" && found.tried == ["cpu"])
      #expect(found.choice.leftOut.count == 1)
      #expect(found.choice.leftOut[0].hasSuffix("is left out, which offers OpenCL 1.1"))
      let last = try choice([renderer, old], rates: [renderer.name: 1e10], store: store)
      #expect(last.choice.device.name == renderer.name)
    }
    try withStore { store in
      // A processor whose driver fails is worse than a renderer.
      let found = try choice([renderer, cpu], rates: [renderer.name: 1e10], store: store)
      #expect(found.choice.device.name == renderer.name)
    }
    #expect(throws: OpenCLError.self) {
      try DeviceChoice("auto", among: [old], store: nil, trial: nil)
    }
  }
}
