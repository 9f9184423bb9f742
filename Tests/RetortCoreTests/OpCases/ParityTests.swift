import RetortCPU
import RetortCore
import RetortTestSupport
import RetortVerification
import Testing

/// All cases are one computation on each backend, whose kernels are compiled together.
@Suite("Outputs and gradients of every backend against float64")
struct ParityTests {
  @Test("CPU in float32") func cpu() throws { try expectParity(of: CPUBackend()) }

  @Test("OpenCL, vector forms") func vector() throws {
    try expectParity(of: TestDevice.backend(.vector))
  }

  @Test("OpenCL, tiled forms") func tiled() throws {
    try expectParity(of: TestDevice.backend(.tiled))
  }

  private func expectParity(of backend: any Backend) throws {
    let outcomes = try DeviceCheck(OpCase.all.map(\.deviceCase)).outcomes(on: backend)
    #expect(outcomes.count == OpCase.all.count)
    for outcome in outcomes {
      #expect(outcome.fault == nil, "\(outcome.name): \(outcome.fault ?? "")")
    }
  }
}
