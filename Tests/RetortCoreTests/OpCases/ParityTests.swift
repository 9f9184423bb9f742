import RetortCPU
import RetortCore
import RetortOpenCL
import RetortTestSupport
import Testing

@Suite("Outputs and gradients of every backend against float64")
struct ParityTests {
  @Test("CPU in float32", arguments: opCases)
  func cpu(_ op: OpCase) throws { try compare(op, CPUBackend()) }

  @Test("OpenCL, vector forms", arguments: opCases)
  func vector(_ op: OpCase) throws { try compare(op, Devices.vector.get()) }

  @Test("OpenCL, tiled forms", arguments: opCases)
  func tiled(_ op: OpCase) throws { try compare(op, Devices.tiled.get()) }

  private func compare(_ op: OpCase, _ backend: any Backend) throws {
    let exact = try op.exactResults()
    let found = try op.results(on: backend)
    for (index, (a, b)) in zip(found, exact).enumerated() {
      let fault = difference(a.map { Double($0) }, b, tolerance: op.tolerance)
      #expect(fault == nil, "\(op), result \(index): \(fault ?? "")")
    }
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
