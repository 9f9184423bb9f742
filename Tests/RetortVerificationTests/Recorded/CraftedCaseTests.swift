import RetortCPU
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortVerification

/// Cases that somebody made to do harm: each ends with an error that names the file and what in it.
@Suite struct CraftedCaseTests {
  /// Replays a recorded case of which `change` has been made another, and returns the complaint.
  private func complaint(
    _ path: String, _ change: (inout Safetensors) throws -> Void
  ) throws -> String {
    var content = try Safetensors.read(path)
    content.path = "case.safetensors"
    try change(&content)
    let error = try #require(throws: (any Error).self) {
      try VerificationCase(content).replay(on: CPUBackend(threads: 1))
    }
    return "\(error)"
  }

  private func expect(
    _ name: String, _ pattern: String, to replacement: String, says text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try complaint(Goldens.trainingPath(name)) { content in
      let hyper = try #require(content.metadata["hyper"])
      let parts = hyper.split(separator: pattern, maxSplits: 1, omittingEmptySubsequences: false)
      try #require(parts.count == 2, "\(pattern) in \(hyper)")
      let rest = parts[1].drop { $0 != "," && $0 != "}" }
      content.metadata["hyper"] = "\(parts[0])\(pattern)\(replacement)\(rest)"
    }
    #expect(
      found.hasPrefix("case.safetensors: ") && found.contains(text), "\(found)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: ["0", "-1", "1.5", "1e30", "1e400", "9223372036854775807", "1e-320"])
  func stepsThatCannotBeCounted(_ steps: String) throws {
    let text = "'steps' is "
    try expect("mlp_sgd", "\"steps\": ", to: steps, says: text)
    // An exploration may have no step; of this one three are recorded.
    try expect(
      "tgt_first_order_plain", "\"steps\": ", to: steps,
      says: steps == "0" ? "tensor 'divergence' has shape" : text)
    try expect("vae_adam", "\"steps\": ", to: steps, says: text)
  }

  @Test func stepsThatNothingWasRecordedOf() throws {
    try expect("mlp_sgd", "\"steps\": ", to: "7", says: "tensor 'losses' has shape")
    try expect("tgt_first_order_plain", "\"steps\": ", to: "999", says: "tensor 'divergence' has")
  }

  @Test func numbersOutsideTheirRange() throws {
    try expect("encoder_adamw", "\"heads\": ", to: "1e30", says: "'heads' is 1e+30; it must be")
    try expect("encoder_adamw", "\"heads\": ", to: "0", says: "'heads' is 0.0")
    try expect("encoder_adamw", "\"heads\": ", to: "7", says: "7 heads do not divide")
    try expect("cnn_adam_kd", "\"temperature\": ", to: "0", says: "'temperature' is 0.0")
    try expect("cnn_adam_kd", "\"alpha\": ", to: "1e39", says: "'alpha' is 1e+39")
    try expect("mlp_sgd", "\"lr\": ", to: "1e999", says: "'optimizer.lr' is inf")
    try expect("mlp_sgd", "\"lr\": ", to: "-1", says: "'optimizer.lr' is -1.0")
    try expect("mlp_sgd_clip_value_equal", "\"clip_value\": ", to: "0", says: "'clip_value' is 0.0")
    try expect("mlp_sgd_clip_value_equal", "\"from\": ", to: "-3", says: "'average.from' is -3.0")
    try expect("resnet_adam_clip_norm_ema", "\"decay\": ", to: "2", says: "'average.decay' is 2.0")
  }

  /// Keys that nothing asks for are refused by name, for the device would be blamed else.
  @Test func keysThatMeanNothing() throws {
    func refused(_ name: String, _ keys: String) throws -> String {
      try complaint(Goldens.trainingPath(name)) { content in
        let hyper = try #require(content.metadata["hyper"])
        content.metadata["hyper"] = hyper.dropLast() + ", \(keys)}"
      }
    }
    let means = "in the metadata's 'hyper' means nothing to this kind of case"
    #expect(
      try refused("mlp_sgd", "\"clip_nrm\": 1")
        == "case.safetensors: 'clip_nrm' \(means). Did you mean 'clip_norm'?")
    #expect(
      try refused("cnn_adam_kd", "\"conv9_stride\": 2").hasPrefix(
        "case.safetensors: 'conv9_stride' \(means)"))
    #expect(
      try refused("mlp_sgd", "\"average\": {\"from\": 1, \"decya\": 0.5}").contains(
        "'average.decya'"))
    try expect("mlp_sgd", "\"momentum\": ", to: "\"0.9\"", says: "'optimizer.momentum' is \"0.9\"")
    try expect("mlp_sgd", "\"nesterov\": ", to: "1", says: "'optimizer.nesterov' is 1")
    #expect(
      try refused("mlp_sgd", "\"schedule\": {\"name\": \"cyclic\"}").contains("schedule 'cyclic'"))
  }

  @Test(arguments: ["0", "-2", "9223372036854775807", "1099511627776"])
  func geometryThatNoImageHas(_ number: String) throws {
    for word in ["dilation", "groups", "transposed"] {
      let found = try complaint(Goldens.trainingPath("cnn_adam_kd")) { content in
        let hyper = try #require(content.metadata["hyper"])
        content.metadata["hyper"] = hyper.dropLast() + ", \"conv1_\(word)\": \(number)}"
      }
      #expect(found.hasPrefix("case.safetensors: 'conv1_\(word)' is"), "\(found)")
    }
    for word in ["stride", "pad"] where word != "pad" || number != "0" {
      let found = try complaint(Goldens.trainingPath("cnn_adam_kd")) { content in
        let hyper = try #require(content.metadata["hyper"])
        content.metadata["hyper"] = hyper.dropLast() + ", \"conv1_\(word)\": \(number)}"
      }
      #expect(found.hasPrefix("case.safetensors: "))
      #expect(found.contains("convolution cannot combine shapes"), "\(found)")
    }
  }

  @Test func tensorsOfImpossibleShapes() throws {
    func shaped(_ name: String, _ tensor: String, _ shape: [Int]) throws -> String {
      try complaint(Goldens.trainingPath(name)) { content in
        let count = shape.reduce(1) { $0 == 0 ? 0 : $0 * $1 }
        content.tensors[tensor] = HostTensor(
          shape: shape, floats: Array(repeating: 1, count: count))
      }
    }
    let many = Array(repeating: 1, count: 10) + [7]
    #expect(
      try shaped("mlp_sgd", "input.x", many)
        == "case.safetensors: tensor 'input.x' has shape \(many); it must be of at most 8 axes, none "
        + "of them empty")
    for shape in [[0, 1 << 40], [0, 7], many] {
      for (name, tensor) in [
        ("mlp_sgd", "input.x"), ("mlp_sgd", "init.fc1.weight"), ("cnn_adam_kd", "input.x"),
        ("vae_adam", "input.eps"), ("tgt_first_order_plain", "z0"),
      ] {
        let found = try shaped(name, tensor, shape)
        #expect(found.hasPrefix("case.safetensors: tensor '\(tensor)' has shape"), "\(found)")
      }
    }
    #expect(
      try shaped("vae_adam", "input.eps", [1, 2, 3]).contains("'input.eps' has shape [1, 2, 3]"))
  }

  /// Two small operands, a result larger than any machine.
  @Test func aProductThatNoMachineHolds() throws {
    let found = try complaint(Goldens.trainingPath("mlp_sgd")) { content in
      let rows = 1 << 20
      for name in content.names where !name.hasSuffix("losses") { content.tensors[name] = nil }
      let tall = HostTensor(shape: [rows, 1], floats: Array(repeating: 1, count: rows))
      content.tensors["input.x"] = tall
      content.tensors["init.fc1.weight"] = tall
      content.tensors["init.fc1.bias"] = HostTensor(
        shape: [rows], floats: Array(repeating: 0, count: rows))
      content.tensors["input.y"] = HostTensor(
        shape: [rows], int32s: Array(repeating: 0, count: rows))
    }
    #expect(found.hasPrefix("case.safetensors: "))
    #expect(found.contains("needs at least") || found.contains("too many elements"), "\(found)")
  }

  /// Changes of every kind to every case: an error or a result, never the end of the program.
  @Test(arguments: ["mlp_rmsprop_centered", "mlp_sgd_clip_value_equal", "tgt_first_order_plain"])
  func randomNumbersInTheMetadata(_ name: String) throws {
    let original = try Safetensors.read(Goldens.trainingPath(name))
    let backend = CPUBackend(threads: 1)
    let spoilt = ["0", "-1", "1e30", "-1e400", "null", "\"x\"", "[]", "{}", "9223372036854775807"]
    for (key, text) in original.metadata {
      let numbers = text.indices.filter {
        text[$0].isNumber && (text.startIndex == $0 || !text[text.index(before: $0)].isNumber)
      }
      for start in numbers {
        let end = text[start...].firstIndex { !$0.isNumber && !".eE+-".contains($0) }
        for other in spoilt {
          var content = original
          content.metadata[key] =
            text[..<start] + other + (end.map { String(text[$0...]) } ?? "")
          _ = try? VerificationCase(content).replay(on: backend)
        }
      }
    }
  }

  /// Names, types, shapes and metadata that no program writes so.
  @Test(arguments: ["mlp_sgd", "vae_adam", "encoder_adamw", "cnn_adam_kd", "tgt_first_order_plain"])
  func randomChangesOfTheHeader(_ name: String) throws {
    let bytes = try FileBytes.read(Goldens.trainingPath(name))
    let backend = CPUBackend(threads: 1)
    var spoiler = Spoiler(seed: UInt64(name.utf8.count))
    for _ in 0..<40 {
      guard let content = try? Safetensors.parse(spoiler.spoiltHeader(bytes)) else { continue }
      _ = try? VerificationCase(content).replay(on: backend)
    }
  }
}
