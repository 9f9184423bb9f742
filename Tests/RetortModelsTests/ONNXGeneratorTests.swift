import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortModels

/// Generators that PyTorch exported, beside what it computes by them.
@Suite struct ONNXGeneratorTests {
  private static let examples = ExampleSpec.image(ImageSize(height: 28, width: 28, channels: 1))

  private static func files(_ name: String, encoder: String? = nil) throws -> ONNXGeneratorFiles {
    let folder = ONNXCases.folder
    return try ONNXGeneratorFiles(
      "\(folder)/\(name).onnx", encoder: encoder.map { "\(folder)/\($0).onnx" })
  }

  /// One file with both, and two whose codes are maps and whose pictures are from −1 to 1.
  @Test(arguments: ["cpu", "opencl"], ["autoencoder", "pair"])
  func codesAndPicturesArePyTorchs(_ backend: String, _ kind: String) throws {
    let session = Session(
      backend == "opencl" ? try TestDevice.backend() as any Backend : CPUBackend())
    let isPair = kind == "pair"
    let files =
      isPair ? try Self.files("decoder", encoder: "encoder") : try Self.files("autoencoder")
    #expect(files.role == .generator)
    let generator = try #require(files.make(for: Self.examples) as? ONNXGenerator)
    #expect(generator.latentShape == (isPair ? [2, 7, 7] : [5]))
    if isPair { (generator.mean, generator.deviation) = ([0.5], [0.5]) }
    let store = ParameterStore(generator, name: "generator")
    try store.write(store.imported(files.weights(for: Self.examples)), to: session)
    let record = try Safetensors.read("\(ONNXCases.folder)/generators.safetensors")
    let graph = Graph()
    let (code, picture) = generator.using(ForwardContext(graph, .evaluation)) {
      // One channel has the same order of elements first and last.
      let code = generator.encode(graph.input("pictures", [3, 28, 28, 1])).mean
      return (code, generator.decode(code))
    }
    let program = try session.compile(graph, outputs: [code, picture], effects: [])
    try program.setInput(0, record.floats("pictures"))
    try program.run()
    for (index, name) in ["code", "picture"].enumerated() {
      let (found, expected) = (try program.floats(index), try record.floats("\(kind)/\(name)"))
      #expect(found.count == expected.count)
      for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 1e-5) }
    }
  }

  /// A decoder alone makes pictures of nothing, with codes of the size that its file names.
  @Test func aDecoderAloneIsNoEncoder() throws {
    let files = try Self.files("decoder")
    #expect(files.role == .decoder)
    let decoder = try files.make(for: Self.examples) as? ONNXDecoder
    #expect(decoder?.latentShape == [2, 7, 7] && !(decoder is ONNXGenerator))
  }

  /// What does not fit is refused with the way out.
  @Test func misfitsAreTold() throws {
    func reason(_ files: ONNXGeneratorFiles, _ examples: ExampleSpec = Self.examples) -> String {
      let error = #expect(throws: ModelError.self) { _ = try files.make(for: examples) }
      return error.map { "\($0)" } ?? ""
    }
    #expect(reason(try Self.files("residual")).contains("not made of 'mean' alone"))
    #expect(
      reason(try Self.files("decoder", encoder: "mlp")).contains(
        "'z' takes [batch, 2, 7, 7]; the encoder's codes are [2, 10]"))
    #expect(reason(try Self.files("encoder")).contains("are no pictures of [1, 28, 28]"))
    #expect(
      reason(try Self.files("autoencoder"), .tokens(length: 4, vocabulary: 9)).contains(
        "it makes pictures"))
    let small = ExampleSpec.image(ImageSize(height: 12, width: 12, channels: 1))
    #expect(reason(try Self.files("autoencoder"), small).contains("autoencoder.onnx"))
  }
}
