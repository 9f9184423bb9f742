import COpenCL
import Glibc
import RetortCore
import Synchronization
import Testing

@testable import RetortOpenCL

@Suite struct ProbeFindingTests {
  private static let short = OpenCLError.call(
    "clCreateBuffer", code: OCL_OUT_OF_RESOURCES, detail: "64 bytes")
  private static let refused = OpenCLError.call(
    "clEnqueueNDRangeKernel", code: OCL_INVALID_WORK_GROUP_SIZE, detail: "command 0")

  private static func build(_ log: String) -> OpenCLError {
    .build(
      ProgramDescription(family: "probe", macros: []), code: OCL_BUILD_PROGRAM_FAILURE,
      device: "device", log: log)
  }

  /// What a probe is found to say whose runs end so, the last again and again, and how often it ran.
  private func finding(
    _ runs: [Result<ProbeAnswer<Int>, OpenCLError>]
  ) -> (finding: ProbeFinding<Int>, runs: Int) {
    var count = 0
    let finding = ProbeFinding { () throws(OpenCLError) -> ProbeAnswer<Int> in
      count += 1
      return try runs[min(count, runs.count) - 1].get()
    }
    return (finding, count)
  }

  @Test func aRunThatFailsOnceIsRepeated() {
    for fault in [Self.short, Self.refused, Self.build("error: no"), Self.build("")] {
      let (found, runs) = finding([.failure(fault), .success(.right(7))])
      #expect(found.value == 7 && runs == 2)
    }
    let (found, runs) = finding([.success(.wrong), .success(.right(7))])
    #expect(found.value == 7 && runs == 2)
  }

  @Test func whatIsNotThereIsToldFromWhatFailsNow() {
    #expect(finding([.success(.nothing)]).finding.fault == "it gives nothing")
    #expect(finding([.success(.nothing)]).runs == 1)
    #expect(finding([.success(.wrong)]).finding.fault == "it gives a wrong result")
    for fault in [Self.refused, Self.build("x.cl:3: error: no such builtin")] {
      #expect(finding([.failure(fault)]).finding.fault == "\(fault)")
    }
    // A compiler without memory or disk space does not complain of the text.
    for fault in [Self.short, Self.build(""), .noPlatform] {
      guard case .failed(fault) = finding([.failure(fault)]).finding else {
        Issue.record("\(fault) is taken for the device's")
        continue
      }
    }
  }

  private func withStore(_ body: (DeviceFactStore) throws -> Void) throws {
    var template = Array("/tmp/retort-test-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { _ = system("rm -rf '\(path)'") }
    try body(DeviceFactStore(folder: CacheFolder(path: path)))
  }

  @Test func whatIsInDoubtIsNotKept() throws {
    let device = try Fixture.context().device
    try withStore { store in
      for doubts in [["the probe of shuffles failed (x), and it is left unused"], []] {
        var facts = Capabilities()
        facts.doubts = doubts
        let measured = facts
        let found = store.facts(
          "capabilities", of: device, isWhole: { $0.doubts.isEmpty }, measure: { measured })
        #expect(found == facts)
        let kept = store.read(Capabilities.self, "capabilities", of: device)
        #expect(kept == (doubts.isEmpty ? facts : nil))
        #expect(found.notes(on: device).count == doubts.count)
      }
    }
  }

  @Test func thoseThatStartTogetherAgree() throws {
    let device = try Fixture.context().device
    try withStore { store in
      let measured = Atomic<Int>(0)
      let found = Mutex<Set<Double>>([])
      ThreadPool.shared.perform(4) { _ in
        let peaks = store.facts("peaks", of: device) {
          usleep(30_000)
          let run = measured.add(1, ordering: .relaxed).newValue
          return DevicePeaks(
            copyBytesPerSecond: Double(run), floatOperationsPerSecond: 1)
        }
        found.withLock { _ = $0.insert(peaks.copyBytesPerSecond) }
      }
      #expect(measured.load(ordering: .relaxed) == 1)
      #expect(found.withLock { $0 } == [1])
    }
  }

  @Test func aGPUWithoutATiledFormIsToldOf() throws {
    let real = try Fixture.context().device
    var facts = Capabilities()
    (facts.prefersVectorForm, facts.tiledFormFault) = (true, "it gives a wrong result")
    let gpu = real.altered(index: 0, kind: .gpu, units: 8, unified: false)
    let cpu = real.altered(index: 0, kind: .cpu, units: 8, unified: true)
    #expect(
      facts.notes(on: gpu) == [
        "\(real.name) runs kernels in the form for CPUs, which is slow on a GPU, because the form for "
          + "GPUs does not run: it gives a wrong result"
      ])
    #expect(facts.notes(on: cpu).isEmpty)
  }

  @Test func peaksThatCannotBeAreRefused() throws {
    let device = try Fixture.context().device.altered(
      index: 0, kind: .cpu, units: 2, unified: true)
    let fast = DevicePeaks(copyBytesPerSecond: 4e11, floatOperationsPerSecond: 5e12)
    try fast.check(on: device)
    for (copy, operations) in [(21_787e9, 1e10), (1e10, 1e15), (0, 1e10), (.infinity, .nan)] {
      let peaks = DevicePeaks(copyBytesPerSecond: copy, floatOperationsPerSecond: operations)
      let error = #expect(throws: OpenCLError.self) { try peaks.check(on: device) }
      #expect(error?.description.contains("which cannot be") == true)
    }
  }

  @Test func eventTimesAreComparedWithTheClock() throws {
    let device = try Fixture.context().device
    try LaunchList.check([400_000, 500_000], elapsed: 1e6, on: device)
    try LaunchList.check([], elapsed: 0, on: device)
    for times: [UInt64] in [[400_000, 900_000], [0, 0], [UInt64.max, 4]] {
      let error = #expect(throws: OpenCLError.self) {
        try LaunchList.check(times, elapsed: 1e6, on: device)
      }
      #expect(error?.description.contains("which cannot be") == true)
    }
  }
}
