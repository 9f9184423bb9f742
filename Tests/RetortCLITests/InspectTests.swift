import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// What `retort inspect` shows of models that others have written.
@Suite struct InspectTests {
  private let small: SmallRun

  init() throws {
    small = try SmallRun(variants: 1)
    for folder in ["huggingface", "pytorch", "onnx"] {
      try FileManager.default.copyItem(
        atPath: "\(Goldens.folder)/\(folder)", toPath: "\(small.path)/\(folder)")
    }
  }

  /// The words of each line, without those of the table's border.
  private func rows(_ arguments: String...) throws -> [[Substring]] {
    let outcome = try small.retort(["inspect"] + arguments)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
  }

  @Test func aFolderIsTensorsAndTaps() throws {
    let folder = try rows("huggingface/bert")
    #expect(folder.contains(["tensor", "classifier.weight", "F32", "3×16", "48"]))
    #expect(folder.contains(["tap", "bert.encoder.layer.1", "-", "N×20×16", "-"]))
    #expect(
      folder.last?.joined(separator: " ").hasPrefix("bert reads sequences of 20 token ids: ")
        == true)
    #expect(try rows("huggingface/bert/model.safetensors") == folder)
    let json = try small.retort(["inspect", "huggingface/bert", "--json"]).json()
    try JSONSchema("commands", "#/$defs/inspectTensors").check(json)
    #expect(json["parameters"]?.int == json["elements"]?.int)
    #expect((json["macs"]?.int ?? 0) > 10_000)
    #expect(json["taps"]?.array?.contains { $0["name"]?.string == "classifier" } == true)
  }

  @Test func weightsAloneAreTensors() throws {
    let found = try rows("pytorch/legacy.pth")
    #expect(found.contains(["tensor", "bfloat", "BF16", "5", "5"]))
    #expect(!found.contains { $0.first == "tap" })
    let refused = try small.retort(["inspect", "pytorch/hostile.pth"])
    #expect(refused.status == 1 && refused.errors.contains("'posix.system' is not supported"))
    let folder = try small.retort(["inspect", "pytorch"])
    #expect(folder.status == 0 && folder.output.contains("module.embeddings"), "\(folder.errors)")
  }

  @Test func anONNXFileHasTapsToo() throws {
    let found = try rows("onnx/cnn.onnx")
    #expect(found.contains { $0.first == "tap" && $0[3].hasPrefix("N×") })
    #expect(found.contains { $0.first == "MaxPool" && $0.last == "yes" })
    let json = try small.retort(["inspect", "onnx/cnn.onnx", "--json"]).json()
    try JSONSchema("commands", "#/$defs/inspectModel").check(json)
    #expect((json["macs"]?.int ?? 0) > 1000)
  }
}
