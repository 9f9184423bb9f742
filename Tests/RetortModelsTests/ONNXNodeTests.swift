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
    #expect(cases.names.count > 200)
    let make = try #require(Self.backends[backend])
    let session = Session(try make())
    for name in cases.names {
      do {
        let distance = try ONNXCases.distance(of: cases.read(name), on: session)
        #expect(distance <= 1, "\(name)")
      } catch { Issue.record("\(name): \(error)") }
    }
  }

  /// Places, masks and counts that the device is given: refused where shapes depend on them, right elsewhere.
  @Test(arguments: ["cpu", "opencl"])
  func wholeNumbersOfTheDeviceAreTaken(_ backend: String) throws {
    let cases = try ONNXCases.Nodes(ONNXCases.folder + "/nodes.safetensors")
    let make = try #require(Self.backends[backend])
    let session = Session(try make())
    var taken: Set<String> = []
    for name in cases.names {
      let record = try cases.read(name)
      guard record.inputs.contains(where: { $0.floats == nil && !$0.shape.isEmpty }) else {
        continue
      }
      do {
        let distance = try ONNXCases.distance(of: record, on: session, givesWhole: true)
        #expect(distance <= 1, "\(name)")
        taken.insert(record.model.nodes[0].operation)
      } catch let fault as ONNXFault {
        #expect(fault.reason.contains("must be fixed by the file"), "\(name): \(fault.reason)")
      } catch { Issue.record("\(name): \(error)") }
    }
    #expect(
      taken.isSuperset(of: [
        "And", "Attention", "DequantizeLinear", "Gather", "GatherElements", "Not", "Where",
      ]), "\(taken)")
  }

  /// Derivatives of operators that are made of several operations.
  @Test(arguments: [
    "test_attention_4d_gqa_with_past_and_present",
    "test_attention_23_boolmask_fullymasked_row_nan_robustness",
    "test_averagepool_3d_dilations_small", "test_Conv3d_groups",
    "convtranspose_3d_dilated_strided_groups",
    "test_einsum_batch_diagonal", "test_gather_elements_negative_indices",
    "test_maxpool_2d_dilations",
    "test_batchnorm_example_training_mode", "test_reduce_prod_negative_axes_keepdims_random",
    "test_resize_upsample_scales_cubic", "test_top_k_smallest",
  ])
  func gradientsAreThoseOfDifferences(_ name: String) throws {
    let cases = try ONNXCases.Nodes(ONNXCases.folder + "/nodes.safetensors")
    let (found, expected) = try ONNXCases.slopes(of: cases.read(name))
    #expect(Swift.abs(found) > 1e-2, "\(found) \(expected)")
    #expect(Swift.abs(found - expected) <= 2e-3 * max(1, Swift.abs(found)), "\(found) \(expected)")
  }

  /// Spoilt models are refused or built; none stops the program.
  @Test func spoiltNodesAreRefused() throws {
    let cases = try ONNXCases.Nodes(ONNXCases.folder + "/nodes.safetensors")
    var spoiler = Spoiler(seed: 12)
    var refused = 0
    for name in cases.names {
      for _ in 0..<(Sweep.isWhole ? 200 : 10) {
        do {
          try ONNXCases.build(cases.read(name) { spoiler.damaged($0) })
        } catch { refused += 1 }
      }
    }
    #expect(refused > 200)
  }

  @Test func readmeListsEveryOperator() throws {
    let path = Goldens.folder + "/../../README.md"
    let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
    let list = try #require(text.split(separator: "<!-- operators: ").dropFirst().first)
      .split(separator: "<!-- end of operators -->")[0].drop { $0 != "\n" }
    let names = list.split { " \n,.`".contains($0) }.map(String.init)
    #expect(names == ONNXImport.operators)
  }
}
