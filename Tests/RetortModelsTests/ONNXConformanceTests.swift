import Glibc
import RetortCPU
import RetortCore
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortModels

/// All cases of ONNX's own suite, where a variable of the environment names their folder: `make test-onnx`.
@Suite struct ONNXConformanceTests {
  @Test func everyCasePassesOrIsRefused() throws {
    guard let folder = getenv("RETORT_ONNX_CASES").map({ String(cString: $0) }) else { return }
    let suite = ONNXSuite(folder)
    for (name, backend) in [
      ("cpu", CPUBackend() as any Backend), ("cpu-whole", CPUBackend()),
      ("opencl", try TestDevice.backend()),
    ] {
      let session = Session(backend)
      for kind in try suite.kinds() {
        for test in try suite.names(kind) {
          // A crash leaves the line unfinished.
          print("case \(name) \(kind) \(test)", terminator: " ")
          fflush(nil)
          let outcome = suite.outcome(
            of: test, kind, on: session, givesWhole: name == "cpu-whole")
          switch outcome {
          case .passed: print("passed")
          case .failed(let reason):
            print("failed: \(reason)")
            Issue.record("\(name) \(kind) \(test): \(reason)")
          case .refused(let reason): print("refused: \(reason)")
          case .unsupported(let operation): print("unsupported: \(operation)")
          }
        }
      }
    }
  }
}
