import RetortCore
import RetortData
import RetortFormats
import RetortNN

/// Pictures of what a generator makes: training examples, their codes decoded if it encodes, and random
/// codes decoded, always of the same examples and codes.
struct GeneratorSamples {
  private let executable: any Executable
  private let originals: [UInt8]
  private let shape: Shape
  private let count: Int
  /// What the rows of made pictures are called.
  private let titles: [String]
  private let scale = 2
  private let margin = 4
  private let left = 96

  /// Compiles what makes them of the generator's weights as they then are.
  ///
  /// - Throws: The device's errors.
  init(
    _ generator: any LatentDecoder, _ session: Session, _ examples: ImageDataset, seed: UInt64
  ) throws {
    (count, shape, originals) = (examples.count, examples.fields[0].shape, examples.images)
    let graph = Graph()
    let samples = examples.fields[0].input(in: graph, batch: count)
    let state = graph.input("random state", [3], .int32)
    let images = Normalization.unit(channels: shape[-1]).inputs(samples)
    let codes = graph.random(
      .normal, Shape([count] + generator.latentShape.dimensions), state: state, stream: 0)
    let context = ForwardContext(graph, .evaluation)
    let encoder = generator as? any Generator
    let pictures = generator.using(context) {
      (encoder.map { [$0.decode($0.encode(images).mean)] } ?? []) + [generator.decode(codes)]
    }
    titles = (encoder == nil ? [] : ["decoded"]) + ["sampled"]
    executable = try session.compile(graph, outputs: pictures)
    try executable.setInput(0, .uint8(originals))
    try executable.setInput(
      1, [Int32(truncatingIfNeeded: seed), Int32(truncatingIfNeeded: seed >> 32), 0])
  }

  /// The pictures, a row of each kind.
  ///
  /// - Throws: The device's errors.
  func drawn() throws -> PNGImage {
    try executable.run()
    let made = try titles.enumerated().map { index, title in
      (title, try executable.floats(index).map { UInt8(max(0, min(1, $0)) * 255) })
    }
    let rows = [("original", originals)] + made
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    let cell = (width: width * scale + margin, height: height * scale + margin)
    var canvas = Canvas(
      width: left + count * cell.width, height: margin + rows.count * cell.height,
      channels: channels == 1 ? 1 : 3)
    for (row, (title, pixels)) in rows.enumerated() {
      let y = margin + row * cell.height
      canvas.draw(title, x: margin, y: y + (cell.height - Canvas.textHeight()) / 2)
      for column in 0..<count {
        let picture = pixels[column * shape.count..<(column + 1) * shape.count]
        canvas.draw(
          Array(picture), width: width, height: height, x: left + column * cell.width, y: y,
          scale: scale)
      }
    }
    return canvas.png
  }
}
