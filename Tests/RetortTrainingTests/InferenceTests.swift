import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortTraining

/// Outputs over datasets whose last batch is short.
@Suite struct InferenceTests {
  private let pipeline = ImagePipeline(ImageSize(height: 8, width: 8, channels: 1))

  /// Pictures of 8 × 8, none of them black but the one at `black`.
  private func pictures(_ count: Int, black: Int? = nil) -> ImageDataset {
    var images = Philox4x32(seed: 1, stream: 0).uniforms(count * 64).map { 1 + UInt8($0 * 254) }
    if let black {
      images.replaceSubrange(black * 64..<(black + 1) * 64, with: repeatElement(0, count: 64))
    }
    return ImageDataset(
      name: "noise", images: images, labels: Array(repeating: 0, count: count), height: 8, width: 8,
      channels: 1, classNames: ["a"])
  }

  @Test(arguments: ["cpu", "opencl"]) func aShortBatchChangesNoBit(_ name: String) throws {
    let session = Session(name == "cpu" ? CPUBackend() : try TestDevice.backend())
    let store = ParameterStore(
      Sequential([
        Conv2d(1, 4, kernel: 3, padding: 1, bias: false), BatchNorm(4), ReLU(), Flatten(),
        Linear(256, 3),
      ]), name: "student")
    try store.write(store.initialWeights(seed: 4), to: session)
    func logits(_ data: ImageDataset, batch: Int) throws -> [Float] {
      var plans = 0
      let inference = Inference(
        session, name: "student", pipeline: pipeline, batch: batch
      ) { graph, example in
        plans += 1
        return [store.model(example, in: ForwardContext(graph, .evaluation))]
      }
      let found = try inference.outputs(data)[0]
      #expect(plans == 1)
      return found
    }
    let all = try logits(pictures(37), batch: 37)
    #expect(all.count == 37 * 3 && Set(all).count > 100)
    #expect(try logits(pictures(37), batch: 16) == all)
    #expect(try logits(pictures(37), batch: 500) == all)
    #expect(try logits(pictures(1), batch: 500) == Array(all[..<3]))
  }

  /// As many tokens at a time as 500 texts of 64 have.
  @Test func longTextsComeInSmallBatches() throws {
    let vocabulary = try Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]"], path: "vocab.txt")
    let texts = TextDataset(
      name: "texts", texts: Array(repeating: "a", count: 70),
      labels: Array(repeating: 0, count: 70), classNames: ["a"],
      tokenizer: Tokenizer(vocabulary, lowercase: true), length: 512)
    var rows: [Int] = []
    let inference = Inference(
      Session(CPUBackend()), name: "sum", pipeline: PlainPipeline(texts.fields)
    ) { _, example in
      rows.append(example.count)
      return [example.x.toFloat().sum(axes: [1])]
    }
    #expect(try inference.outputs(texts)[0] == Array(repeating: 6, count: 70) && rows == [62])
  }

  @Test func paddingIsNotJudged() throws {
    let inference = Inference(
      Session(CPUBackend()), name: "inverse", pipeline: pipeline, batch: 4
    ) { _, example in [example.x.sum(axes: [1, 2, 3]).reciprocal()] }
    #expect(try inference.outputs(pictures(7))[0].count == 7)
    #expect(
      throws: NonFiniteOutput(model: "inverse", example: "example 5 of noise")
    ) { try inference.outputs(pictures(7, black: 5)) }
  }
}
