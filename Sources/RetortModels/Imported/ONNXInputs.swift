import RetortCore
import RetortFormats
import RetortNN

/// The inputs of an ONNX model, to which a batch of examples is fitted.
struct ONNXInputs {
  private let infos: [ONNXValueInfo]

  init(_ infos: [ONNXValueInfo]) { self.infos = infos }

  /// The kind of examples that the inputs fix; nil if they leave a size open.
  var examples: ExampleSpec? {
    guard infos.count == 1, let extents = infos[0].extents, extents.count == 4 else { return nil }
    let sizes = extents.dropFirst().map { extent in
      if case .fixed(let count) = extent, count > 0 { count } else { 0 }
    }
    guard !sizes.contains(0) else { return nil }
    // Channels come first, unless only the last extent can be their number.
    let isLast = sizes[0] > 4 && sizes[2] <= 4
    return .image(
      isLast
        ? ImageSize(height: sizes[0], width: sizes[1], channels: sizes[2])
        : ImageSize(height: sizes[1], width: sizes[2], channels: sizes[0]))
  }

  /// Whether they are token ids, masks and the like: whole numbers, a row for each example.
  var areTokens: Bool {
    !infos.isEmpty
      && infos.allSatisfy {
        ($0.elementType == .int64 || $0.elementType == .int32) && $0.extents?.count == 2
      }
  }

  /// The number of token ids that they fix; nil if they leave it open, or are none.
  var tokenCount: Int? {
    guard areTokens, case .fixed(let count)? = infos[0].extents?.last, count > 0 else { return nil }
    return count
  }

  /// The values of the inputs for a batch of examples.
  ///
  /// - Throws: `ONNXFault` naming an input that takes something else.
  func values(of example: Example) throws(ONNXFault) -> [String: ONNXValue] {
    guard !infos.isEmpty else { throw ONNXFault("it has no input") }
    if example["tokens"] != nil { return try tokens(example) }
    guard infos.count == 1 else {
      throw ONNXFault(
        "it has inputs \(infos.map(\.name).joined(separator: ", ")), but examples are one picture each"
      )
    }
    return [infos[0].name: try image(example.x, infos[0])]
  }

  /// A picture as the file wants it: channels first, last, or all in a row.
  private func image(_ x: Tensor, _ info: ONNXValueInfo) throws(ONNXFault) -> ONNXValue {
    guard x.shape.rank == 4 else { throw ONNXFault("\(x.shape) are no pictures") }
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let image = ONNXValue.image(x)
    if let type = info.elementType, ![.float32, .float16, .float64, .bfloat16].contains(type) {
      throw ONNXFault("input '\(info.name)' takes elements of \(type), pictures are of float32")
    }
    if fits(info, [channels, height, width]) { return image }
    if fits(info, [height, width, channels]) { return .plain(x) }
    if fits(info, [channels * height * width]) {
      return .plain(try image.ordered(in: x.graph).flatten())
    }
    if channels == 1, fits(info, [height, width]) {
      return .plain(x.reshape([x.shape[0], height, width]))
    }
    throw ONNXFault(
      "input '\(info.name)' takes \(info.shapeText); the data's pictures are "
        + "[batch, \(channels), \(height), \(width)]")
  }

  /// Token ids, their mask, and zeros for the kinds of segments, told apart by the inputs' names.
  private func tokens(_ example: Example) throws(ONNXFault) -> [String: ONNXValue] {
    var values: [String: ONNXValue] = [:]
    for info in infos {
      let name = info.name.lowercased()
      guard let tokens = example["tokens"], let mask = example["mask"],
        fits(info, [tokens.shape[1]])
      else {
        throw ONNXFault(
          "input '\(info.name)' takes \(info.shapeText); the data's examples are "
            + "\(example.x.shape.dimensions.dropFirst()) token ids each")
      }
      if name.contains("mask") {
        values[info.name] = .plain(mask)
      } else if name.contains("type") || name.contains("segment") {
        let zeros = [Int32](repeating: 0, count: tokens.shape.count)
        values[info.name] = .plain(tokens.graph.constant(zeros, tokens.shape))
      } else {
        values[info.name] = .plain(tokens)
      }
    }
    return values
  }

  /// Whether an input takes examples of these extents, behind the batch.
  private func fits(_ info: ONNXValueInfo, _ shape: [Int]) -> Bool {
    guard let extents = info.extents else { return true }
    return extents.count == shape.count + 1
      && zip(extents.dropFirst(), shape).allSatisfy { extent, size in
        if case .fixed(let count) = extent { count == size } else { true }
      }
  }
}
