import RetortCore

extension ONNXOperators {
  /// Images of other sizes.
  static let resizings: [String: ONNXOperator] = [
    "Resize": resize,
    "Upsample": resize,
  ]

  private static func resize(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    guard call.int("antialias", 0) == 0, call.int("exclude_outside", 0) == 0,
      (call.text("keep_aspect_ratio_policy") ?? "stretch") == "stretch"
    else { throw ONNXFault("it keeps aspects, excludes what is outside, or is without aliases") }
    let value = try call.value(0)
    let rank = value.shape.count
    let axes = try call.axes(call.ints("axes") ?? Array(0..<rank), rank: rank)
    let isOld = call.opset < 11 || call.node.operation == "Upsample"
    let scales = try call.optional(isOld ? 1 : 2)?.constant.map(\.numbers)
    let sizes = isOld ? nil : try call.integers(3)
    var result = value
    for (index, axis) in axes.enumerated() {
      let extent = value.shape[axis]
      let output: Int
      var scale: Double
      if let scales, scales.count == axes.count {
        scale = scales[index]
        guard scale > 0, scale * Double(extent) < 0x1p24 else {
          throw ONNXFault("it scales by \(scale)")
        }
        output = Int((scale * Double(extent)).rounded(.down))
      } else if let sizes, sizes.count == axes.count {
        output = sizes[index]
        scale = Double(output) / Double(max(1, extent))
      } else {
        throw ONNXFault("it lacks scales or sizes that the file fixes")
      }
      if output == extent, scale == 1 { continue }
      guard extent > 0, (1...1 << 24).contains(output) else {
        throw ONNXFault("an axis of \(extent) is not resized to \(output)")
      }
      let places = try coordinates(call, isOld, extent, output, scale)
      let (x, place, isImage) = try stored(result, axis, call.graph)
      result = .tensor(try resized(x, place, places, call, isOld), isImage: isImage)
    }
    return [result]
  }

  /// A value as it is stored, and where that has an axis of the file.
  private static func stored(
    _ value: ONNXValue, _ axis: Int, _ graph: Graph
  ) throws(ONNXFault) -> (Tensor, axis: Int, isImage: Bool) {
    if case .tensor(let tensor, true) = value { return (tensor, [0, 3, 1, 2][axis], true) }
    return (try value.numbers(in: graph), axis, false)
  }

  /// Where in the input each output lies.
  private static func coordinates(
    _ call: ONNXCall, _ isOld: Bool, _ extent: Int, _ output: Int, _ scale: Double
  ) throws(ONNXFault) -> [Double] {
    let mode = call.text("coordinate_transformation_mode") ?? (isOld ? "asymmetric" : "half_pixel")
    let (length, count) = (Double(extent), Double(output))
    let place: (Double) -> Double
    switch mode {
    case "half_pixel": place = { ($0 + 0.5) / scale - 0.5 }
    case "asymmetric": place = { $0 / scale }
    case "align_corners":
      // Not rounded, as the operator's definition has it.
      let last = scale * length - 1
      place = { last == 0 ? 0 : $0 * (length - 1) / last }
    case "pytorch_half_pixel": place = { count > 1 ? ($0 + 0.5) / scale - 0.5 : 0 }
    case "half_pixel_symmetric":
      let offset = length / 2 * (1 - count / (scale * length))
      place = { offset + ($0 + 0.5) / scale - 0.5 }
    default: throw ONNXFault("its coordinates are '\(mode)'")
    }
    return (0..<output).map { place(Double($0)) }
  }

  private static func resized(
    _ x: Tensor, _ axis: Int, _ places: [Double], _ call: ONNXCall, _ isOld: Bool
  ) throws(ONNXFault) -> Tensor {
    let extent = x.shape[axis]
    func bounded(_ place: Double) -> Int { min(max(Int(place), 0), extent - 1) }
    switch call.text("mode") ?? "nearest" {
    case "nearest":
      let mode = call.text("nearest_mode") ?? (isOld ? "floor" : "round_prefer_floor")
      let nearest: [Int]
      switch mode {
      case "floor": nearest = places.map { bounded($0.rounded(.down)) }
      case "ceil": nearest = places.map { bounded($0.rounded(.up)) }
      case "round_prefer_floor": nearest = places.map { bounded(($0 - 0.5).rounded(.up)) }
      case "round_prefer_ceil": nearest = places.map { bounded(($0 + 0.5).rounded(.down)) }
      default: throw ONNXFault("it rounds by '\(mode)'")
      }
      return try gathered(x, nearest, axis: axis)
    case "linear", "bilinear":
      guard places.count * extent <= 1 << 24 else { throw ONNXFault("its axes are too long") }
      var matrix = [Float](repeating: 0, count: places.count * extent)
      for (row, place) in places.enumerated() {
        let low = place.rounded(.down)
        let share = Float(place - low)
        matrix[row * extent + bounded(low)] += 1 - share
        matrix[row * extent + bounded(low + 1)] += share
      }
      return mixed(x, axis: axis, by: x.graph.constant(matrix, [places.count, extent]))
    case let mode: throw ONNXFault("it interpolates by '\(mode)'; there is nearest and linear")
    }
  }
}
