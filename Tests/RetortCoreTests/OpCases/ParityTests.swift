import RetortCPU
import RetortCore
import RetortOpenCL
import RetortVerification
import Testing

@Suite("Outputs and gradients of every backend against float64")
struct ParityTests {
  @Test("CPU in float32", arguments: OpCase.all)
  func cpu(_ op: OpCase) throws { try compare(op, CPUBackend()) }

  @Test("OpenCL, vector forms", arguments: OpCase.all)
  func vector(_ op: OpCase) throws { try compare(op, Devices.vector.get()) }

  @Test("OpenCL, tiled forms", arguments: OpCase.all)
  func tiled(_ op: OpCase) throws { try compare(op, Devices.tiled.get()) }

  private func compare(_ op: OpCase, _ backend: any Backend) throws {
    let outcome = try DeviceCheck([op.deviceCase]).outcomes(on: backend)[0]
    #expect(outcome.fault == nil, "\(outcome.name): \(outcome.fault ?? "")")
  }
}

/// One backend per kernel form, made once.
enum Devices {
  nonisolated(unsafe) static let vector = Result { try backend(.vector) }
  nonisolated(unsafe) static let tiled = Result { try backend(.tiled) }

  private static func backend(_ form: KernelForm) throws -> OpenCLBackend {
    try OpenCLBackend(OpenCLContext(try OpenCLDevice.select("auto")), form: form)
  }
}
