import Foundation
import RetortFormats
import RetortTestSupport
import Testing

@Suite struct BenchStepTests {
  private static let steps = [
    "mlp", "lenet5", "resnet8", "resnet20", "mobile", "encoder", "tgt-first-order",
  ]

  @Test func everyStepIsNamed() throws {
    let help = try CommandLineTool.run(["bench", "step", "--help"])
    for step in Self.steps { #expect(help.output.contains(step)) }
  }

  @Test(arguments: ["cpu", "opencl"]) func aTimingIsWhole(_ device: String) throws {
    let outcome = try CommandLineTool.run([
      "bench", "--models", "mlp,lenet5", "--batch", "2", "--repeats", "2", "--device", device,
      "--json",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = try outcome.json()
    #expect(json["device"]?.string != nil)
    let models = try #require(json["models"]?.array)
    #expect(models.map { $0["model"]?.string } == ["mlp", "lenet5"])
    for model in models {
      #expect(model["batch"]?.int == 2)
      #expect(model["samples"]?.array?.count == 2)
      #expect(try #require(model["seconds"]?.double) > 0)
      #expect(try #require(model["launches"]?.int) > 0)
    }
    // The second may live in what the first has freed.
    #expect(try #require(models[0]["residentBytes"]?.int) > 0)
  }

  /// One of each kind: pictures, words, three models.
  private static let recorded = Sweep.isWhole ? steps : ["mlp", "encoder", "tgt-first-order"]

  @Test(arguments: recorded) func aRecordHoldsWhatAnotherProgramNeeds(_ step: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try CommandLineTool.run([
      "bench", "step", "--models", step, "--batch", "2", "--record", folder.path, "--device", "cpu",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let record = try Safetensors.read("\(folder.path)/\(step).safetensors")
    let losses = try record.floats("losses")
    #expect(losses.count == 8)
    #expect(Set(losses).count > 1 && losses.allSatisfy { $0.isFinite })
    #expect(try record.int32s("labels").count == 2)
    #expect(record.names.contains { $0.hasPrefix("student.") })
    let inputs = step == "encoder" ? "ids" : "images"
    #expect(record.tensors[inputs]?.shape.first == 2)
    if step == "tgt-first-order" {
      #expect(record.names.contains { $0.hasPrefix("teacher.") })
      #expect(record.names.contains { $0.hasPrefix("generator.") })
      #expect(record.metadata["mean-norm"].flatMap { Double($0) } != nil)
    }
  }

  // A launch costs a GPU as much as some of these steps' kernels take.
  @Test func aResidualNetworksStepIsFewLaunchesOnAGPU() throws {
    #expect(try launchesOnAGPU(of: "resnet20") <= 90)
  }

  @Test func withoutLoadsAStepStoresWhatConvolutionsRead() throws {
    #expect(try launchesOnAGPU(of: "resnet8") + 9 <= launchesOnAGPU(of: "resnet8", "--no-loads"))
  }

  private func launchesOnAGPU(of step: String, _ options: String...) throws -> Int {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try CommandLineTool.run(
      [
        "bench", "step", "--models", step, "--repeats", "1", "--device", "sources:\(folder.path)",
        "--json",
      ] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try #require(try outcome.json()["models"]?.array?.first)
    return try #require(model["launches"]?.int)
  }

  @Test func aRecordThatCannotBeWrittenIsOneLine() throws {
    let outcome = try CommandLineTool.run([
      "bench", "step", "--models", "mlp", "--record", "/proc/none", "--device", "cpu",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("/proc/none"))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }
}
