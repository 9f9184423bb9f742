import RetortCore
import RetortNN

/// A decoder from latent codes to pictures that an ONNX file describes.
public class ONNXDecoder: Module, LatentDecoder {
  /// Codes to pictures.
  let decoder: ONNXModule
  /// The name of the code in the file.
  private let code: String
  private let size: ImageSize
  /// The extents of one code, in the file's order of axes.
  public let latentShape: Shape
  /// What samples from 0 to 1 become for the files: they have `(sample − mean) / deviation`, of each channel or of all.
  package var mean: [Float] = [0], deviation: [Float] = [1]

  init(_ decoder: ONNXModule, code: String, _ latentShape: Shape, _ size: ImageSize) {
    (self.decoder, self.code, self.latentShape, self.size) = (decoder, code, latentShape, size)
  }

  /// Logits of pictures of codes `[batch, …]`, which are within 10⁻⁶ of 0 and 1 at most.
  public func decodeLogits(_ z: Tensor) -> Tensor {
    let picture = decode(z)
    let graph = z.graph
    let inner = picture.maximum(graph.fill(1e-6)).minimum(graph.fill(1 - 1e-6))
    return inner.log() - (1 - inner).log()
  }

  /// Pictures `[batch, height, width, channels]` of codes `[batch, …]`, in the range of the data if the file's are.
  public func decode(_ z: Tensor) -> Tensor {
    let picture = decoder.scoped {
      decoder.result {
        [code: .plain(z)]
      } as: { (value, graph) throws(ONNXFault) in
        try value.picture(size, in: graph)
      }
    }
    guard mean != [0] || deviation != [1] else { return picture }
    let graph = z.graph
    return picture * graph.constant(deviation, [deviation.count])
      + graph.constant(mean, [mean.count])
  }

  /// The pictures of codes.
  public override func forward(_ x: Tensor) -> Tensor { decode(x) }
}

/// A decoder with an encoder from pictures to latent codes, of two ONNX files or of one.
public final class ONNXGenerator: ONNXDecoder, Generator {
  /// Pictures to codes.
  let encoder: ONNXModule

  init(
    _ encoder: ONNXModule, _ decoder: ONNXModule, code: String, _ latentShape: Shape,
    _ size: ImageSize
  ) {
    self.encoder = encoder
    super.init(decoder, code: code, latentShape, size)
  }

  /// The codes of pictures `[batch, height, width, channels]`, with a variance of 1, as files do not say which of their
  /// outputs it is.
  public func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor) {
    let input = NormalizedInput.normalized(x, mean: mean, deviation: deviation)
    let code = encoder(input)
    return (code, code * 0)
  }

  /// Each picture decoded from its code.
  public override func forward(_ x: Tensor) -> Tensor { decode(encode(x).mean) }
}

extension ONNXValue {
  /// The value as pictures `[batch, height, width, channels]`: channels first, last, or all in a row.
  ///
  /// - Throws: `ONNXFault` if it has other extents.
  func picture(_ size: ImageSize, in graph: Graph) throws(ONNXFault) -> Tensor {
    let (height, width, channels) = (size.height, size.width, size.channels)
    switch Array(shape.dropFirst()) {
    case [channels, height, width]: return try image(in: graph)
    case [height, width, channels]: return try numbers(in: graph)
    case [channels * height * width]:
      return try numbers(in: graph).reshape([shape[0], channels, height, width])
        .transpose([0, 2, 3, 1])
    case [height, width] where channels == 1:
      return try numbers(in: graph).reshape([shape[0], height, width, 1])
    default:
      throw ONNXFault("\(shape) are no pictures of [\(channels), \(height), \(width)]")
    }
  }

  /// Whether the value is a picture of that size.
  static func isPicture(_ shape: [Int], _ size: ImageSize) -> Bool {
    let (height, width, channels) = (size.height, size.width, size.channels)
    let extents = Array(shape.dropFirst())
    return [
      [channels, height, width], [height, width, channels], [channels * height * width],
    ].contains(extents) || channels == 1 && extents == [height, width]
  }
}
