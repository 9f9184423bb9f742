import Glibc
import RetortCPU
import RetortCore
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortModels

/// Cases of ONNX's own suite.
@Suite struct ONNXNodeTests {
  private static let backends: [String: @Sendable () throws -> any Backend] = [
    "cpu": { CPUBackend() }, "float64": { CPUBackend(precision: .float64) },
    "opencl": { try TestDevice.backend() },
  ]

  @Test(arguments: ["cpu", "float64", "opencl"])
  func everyNodeComputesWhatIsRecorded(_ backend: String) throws {
    let cases = try ONNXCases.Nodes(ONNXCases.folder + "/nodes.safetensors")
    #expect(cases.names.count > 80)
    let make = try #require(Self.backends[backend])
    let session = Session(try make())
    for name in cases.names {
      do {
        let found = try ONNXCases.outputs(
          cases.model(name), cases.tensors(name, "input"), on: session)
        let distance = ONNXCases.distance(found, try cases.tensors(name, "output"))
        #expect(distance <= 1e-5, "\(name)")
      } catch { Issue.record("\(name): \(error)") }
    }
  }

  @Test func readmeListsEveryOperator() throws {
    let path = Goldens.folder + "/../../README.md"
    let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
    let list = try #require(text.split(separator: "<!-- operators: ").dropFirst().first)
      .split(separator: "<!-- end of operators -->")[0].drop { $0 != "\n" }
    let names = list.split { " \n,.`".contains($0) }.map(String.init)
    #expect(names == ONNXImport.operators)
  }

  /// Says how many of the cases of a file pass, where a variable of the environment names one.
  @Test func everyCaseOfAWholeSuiteIsCounted() throws {
    guard let path = getenv("RETORT_ONNX_CASES").map({ String(cString: $0) }) else { return }
    let cases = try ONNXCases.Nodes(path)
    var found: [String: [String]] = [:]
    let session = Session(CPUBackend())
    for name in cases.names {
      do {
        let outputs = try ONNXCases.outputs(
          cases.model(name), cases.tensors(name, "input"), on: session)
        let distance = ONNXCases.distance(outputs, try cases.tensors(name, "output"))
        found[distance <= 1e-4 ? "passed" : "wrong", default: []].append("\(name) \(distance)")
      } catch let error as FormatError {
        found["unsupported", default: []].append("\(name): \(error.field ?? "")")
      } catch {
        found["refused", default: []].append(
          "\(name): \((error as? ONNXFault)?.reason ?? "\(error)")")
      }
    }
    for (kind, names) in found.sorted(by: { $0.key < $1.key }) {
      print("\(kind): \(names.count)")
      for name in names.sorted() where kind != "passed" { print("  \(kind) \(name)") }
    }
  }
}
