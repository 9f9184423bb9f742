import RetortCPU
import RetortCore
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortVerification

@Suite struct VerificationTests {
  @Test(arguments: Goldens.training + Goldens.edges) func trainingInFloat32(_ name: String) throws {
    try expectWithin(Goldens.trainingPath(name), CPUBackend())
  }

  @Test(arguments: Goldens.training + Goldens.edges) func trainingInFloat64(_ name: String) throws {
    try expectWithin(Goldens.trainingPath(name), CPUBackend(precision: .float64))
  }

  @Test(arguments: Goldens.training + (Sweep.isWhole ? Goldens.edges : Goldens.tellingEdges))
  func trainingOnOpenCL(_ name: String) throws {
    try expectWithin(Goldens.trainingPath(name), TestDevice.backend())
  }

  @Test(arguments: Sweep.isWhole ? Goldens.losses : Goldens.lossKinds)
  func lossesOnOpenCL(_ name: String) throws {
    try expectWithin(Goldens.lossPath(name), TestDevice.backend())
  }

  @Test(arguments: Goldens.losses) func losses(_ name: String) throws {
    try expectWithin(Goldens.lossPath(name), CPUBackend())
  }

  private func expectWithin(_ path: String, _ backend: any Backend) throws {
    let result = try VerificationCase(path: path).replay(on: backend)
    #expect(result.losses <= 2e-5, "\(backend.name)")
    #expect(result.gradients <= 2e-5)
    #expect(result.final <= 1e-4)
  }
}
