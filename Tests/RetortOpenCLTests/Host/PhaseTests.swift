import RetortCPU
import RetortCore
import RetortTestSupport
import Testing

@testable import RetortOpenCL

/// Steps of several phases, in both forms of the kernels.
@Suite("Phases on OpenCL") struct OpenCLPhaseTests {
  @Test("two phases of one plan give the bits of two plans", arguments: KernelForm.allCases)
  func twoPlans(_ form: KernelForm) throws {
    let backend = try OpenCLBackend(Fixture.context(form), form: form)
    let joint = try Adversaries(backend, isJoint: true).trained(steps: 4)
    let apart = try Adversaries(backend, isJoint: false).trained(steps: 4)
    #expect((joint == apart) == true)
    let reference = try Adversaries(
      CPUBackend(precision: .float64), isJoint: true
    ).trained(steps: 4)
    let errors = zip(joint.joined(), reference.joined()).map { abs($0 - $1) }
    #expect(errors.allSatisfy { $0 < 1e-5 }, "worst \(errors.max() ?? 0)")
  }
}
