import RetortCPU
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortVerification

@Suite struct VerificationErrorTests {
  @Test func unknownKindsAreNamedWithTheKnown() throws {
    let content = Safetensors(tensors: [:], metadata: ["kind": "new"], path: "case.safetensors")
    let error = try #require(throws: VerificationError.self) {
      try VerificationCase(content).replay(on: CPUBackend())
    }
    let known = VerificationKind.builtIn.map(\.name).sorted()
    #expect(
      "\(error)" == "case.safetensors: cannot compute cases of kind 'new'; known are "
        + known.joined(separator: ", "))
  }

  @Test func lossFilesAreNamedByTheirFolderOrFormula() throws {
    func kind(_ path: String, _ formula: String) throws -> String {
      try VerificationCase(
        Safetensors(tensors: [:], metadata: ["formula": formula], path: path)
      ).kind
    }
    #expect(try kind("/goldens/kd/case7.safetensors", "?") == "kd")
    #expect(
      try kind("/tmp/x/case0.safetensors", "alpha*CE(labels) + (1-alpha)*KD") == "kd_with_labels")
    #expect(try kind("/goldens/rkd/case0.safetensors", "?") == "rkd")
  }

  @Test func aMissingTensorOrNumberIsNamed() throws {
    var content = try Safetensors.read(Goldens.trainingPath("mlp_sgd"))
    content.tensors["input.y"] = nil
    #expect(throws: FormatError.self) {
      try VerificationCase(content).replay(on: CPUBackend())
    }
    var silent = try Safetensors.read(Goldens.trainingPath("gradient_penalty_sgd"))
    silent.metadata["hyper"] = """
      {"optimizer": {"name": "lion", "lr": 1}, "lambda": 1, "steps": 10}
      """
    let error = try #require(throws: VerificationError.self) {
      try VerificationCase(silent).replay(on: CPUBackend())
    }
    #expect("\(error)".contains("optimizer 'lion' is none of sgd, adam, adamw, rmsprop"))
  }

  @Test func aWrongValueIsAnError() throws {
    for (name, field) in [
      ("losses", \VerificationResult.losses), ("grad0.fc2.bias", \.gradients),
      ("final.fc1.weight", \.final),
    ] {
      var content = try Safetensors.read(Goldens.trainingPath("mlp_sgd"))
      var values = try content.floats(name)
      values[3] += 0.01
      content.tensors[name] = HostTensor(shape: try content.tensor(name).shape, floats: values)
      let result = try VerificationCase(content).replay(on: CPUBackend())
      #expect(result[keyPath: field] > 1e-3 || name == "final.fc1.weight")
      #expect(result[keyPath: field] > 1e-4)
      #expect(!result.isWithinTolerance)
    }
  }

  @Test func whatIsNoNumberIsInfinitelyWrong() {
    #expect(VerificationResult.lossError([.nan], [1]) == .infinity)
    #expect(VerificationResult.lossError([1], [1, 2]) == .infinity)
    #expect(VerificationResult.relativeDistance([.nan, 0], [1, 0]) == .infinity)
    #expect(VerificationResult.relativeDistance([.infinity, 0], [1, 0]) == .infinity)
    #expect(VerificationResult.relativeDistance([2, 1], [1, 2]) > 0.6)
    #expect(VerificationResult.lossError([0.011], [0.001]) > 0.99)
  }
}
