import RetortCore

extension ONNXOperators {
  /// Images of other sizes.
  static let resizings: [String: ONNXOperator] = [
    "Resize": resize,
    "Upsample": resize,
  ]

  private static func resize(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let value = try call.value(0)
    let rank = value.shape.count
    let axes = try call.axes(call.ints("axes") ?? Array(0..<rank), rank: rank)
    let mode = try ONNXSampling(call)
    let crop = mode.crops ? call.optional(1)?.constant?.numbers : nil
    guard !mode.crops || crop?.count == 2 * axes.count else {
      throw ONNXFault("it lacks a region that the file fixes")
    }
    let outputs = try outputs(call, axes.map { value.shape[$0] }, isOld: mode.isOld)
    var result = value
    for (index, axis) in axes.enumerated() {
      let (extent, (output, scale)) = (value.shape[axis], outputs[index])
      let region = crop.map { ($0[index], $0[index + axes.count]) }
      if output == extent, scale == 1, region.map({ $0 == (0, 1) }) ?? true { continue }
      let range = 1...ONNXConstant.limit
      guard range.contains(extent), range.contains(output) else {
        throw ONNXFault("an axis of \(extent) is not resized to \(output)")
      }
      let (x, place, isImage) = try stored(result, axis, call.graph)
      let samples = mode.samples(extent, output, scale, region)
      result = .tensor(
        try sampled(x, place, samples, outside: call.float("extrapolation_value", 0)),
        isImage: isImage)
    }
    return [result]
  }

  /// The extents of results, and how much longer than the inputs they are.
  private static func outputs(
    _ call: ONNXCall, _ extents: [Int], isOld: Bool
  ) throws(ONNXFault) -> [(count: Int, scale: Double)] {
    let scales = call.optional(isOld ? 1 : 2)?.constant.map(\.numbers)
    if let scales, scales.count == extents.count {
      return try zip(scales, extents).map { scale, extent throws(ONNXFault) in
        guard scale > 0, scale * Double(extent) < 0x1p24 else {
          throw ONNXFault("it scales by \(scale)")
        }
        return (Int((scale * Double(extent)).rounded(.down)), scale)
      }
    }
    guard !isOld, let sizes = try call.integers(3), sizes.count == extents.count,
      sizes.allSatisfy({ (0...1 << 24).contains($0) })
    else { throw ONNXFault("it lacks scales or sizes that the file fixes") }
    let own = zip(sizes, extents).map { Double($0) / Double(max(1, $1)) }
    let common: Double?
    switch call.text("keep_aspect_ratio_policy") ?? "stretch" {
    case "stretch": common = nil
    case "not_larger": common = own.min()
    case "not_smaller": common = own.max()
    case let policy: throw ONNXFault("it keeps aspects by '\(policy)'")
    }
    guard let common else { return Array(zip(sizes, own)) }
    guard extents.allSatisfy({ common * Double($0) < 0x1p24 }) else {
      throw ONNXFault("it scales by \(common)")
    }
    return extents.map { (Int(common * Double($0) + 0.5), common) }
  }

  /// A value as it is stored, and where that has an axis of the file.
  private static func stored(
    _ value: ONNXValue, _ axis: Int, _ graph: Graph
  ) throws(ONNXFault) -> (Tensor, axis: Int, isImage: Bool) {
    if case .tensor(let tensor, true) = value { return (tensor, [0, 3, 1, 2][axis], true) }
    return (try value.numbers(in: graph), axis, false)
  }

  /// Weighted sums of elements along an axis.
  private static func sampled(
    _ x: Tensor, _ axis: Int, _ samples: [ONNXSampling.Sample?], outside: Double
  ) throws(ONNXFault) -> Tensor {
    let extent = x.shape[axis]
    let result: Tensor
    if samples.allSatisfy({ $0?.weights.count ?? 1 == 1 }) {
      result = try gathered(x, samples.map { min(max($0?.first ?? 0, 0), extent - 1) }, axis: axis)
    } else {
      guard samples.count * extent <= 1 << 24 else { throw ONNXFault("its axes are too long") }
      var matrix = [Float](repeating: 0, count: samples.count * extent)
      for (row, sample) in samples.enumerated() {
        guard let sample else { continue }
        for (index, weight) in sample.weights.enumerated() {
          let place = min(max(sample.first + index, 0), extent - 1)
          matrix[row * extent + place] += Float(weight)
        }
      }
      result = mixed(x, axis: axis, by: x.graph.constant(matrix, [samples.count, extent]))
    }
    guard samples.contains(where: { $0 == nil }) else { return result }
    var row = Array(repeating: 1, count: x.shape.rank)
    row[axis] = samples.count
    let isInside = x.graph.constant(samples.map { $0 == nil ? Float(0) : 1 }, [samples.count])
    return isInside.reshape(row).select(result, x.graph.fill(outside))
  }
}
