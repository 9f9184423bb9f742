import RetortCore

extension ONNXOperators {
  /// Elements added or taken at the ends of axes.
  static func pad(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let rank = x.shape.rank
    let axes = try call.integers(3).map { axes throws(ONNXFault) in
      try call.axes(axes, rank: rank)
    }
    let places = axes ?? Array(0..<rank)
    guard let pads = try call.integers(1) ?? call.ints("pads") ?? call.ints("paddings"),
      pads.count == 2 * places.count, pads.allSatisfy({ abs($0.clamped) < 1 << 30 })
    else { throw ONNXFault("it needs two numbers for each axis") }
    var (low, high) = (Array(repeating: 0, count: rank), Array(repeating: 0, count: rank))
    for (index, axis) in places.enumerated() {
      (low[axis], high[axis]) = (pads[index], pads[index + places.count])
    }
    switch call.text("mode") ?? "constant" {
    case "constant":
      let value =
        try call.optional(2)?.numbers(in: call.graph)
        ?? call.graph.fill(call.float("value", 0))
      guard value.shape.count == 1 else { throw ONNXFault("it pads by several numbers") }
      let starts = low.map { max(0, -$0) }
      let sizes = x.shape.dimensions.indices.map {
        x.shape[$0] + min(0, low[$0]) + min(0, high[$0])
      }
      guard sizes.allSatisfy({ $0 >= 0 }) else {
        throw ONNXFault("it takes away more than there is")
      }
      let inner = x.slice(starts: starts, sizes: sizes)
      let (before, after) = (low.map { max(0, $0) }, high.map { max(0, $0) })
      let padded = inner.pad(low: before, high: after)
      if value.fillValue == 0 { return [.plain(padded)] }
      let ones = call.graph.fill(1, inner.shape).pad(low: before, high: after)
      return [.plain(ones.select(padded, value.reshape(to: .scalar)))]
    case "edge": return [.plain(try mirrored(x, low, high) { min(max($0, 0), $1 - 1) })]
    case "reflect":
      return [
        .plain(
          try mirrored(x, low, high) { index, extent in
            let period = max(1, 2 * (extent - 1))
            let place = ((index % period) + period) % period
            return min(place, period - place)
          })
      ]
    case "wrap":
      return [.plain(try mirrored(x, low, high) { (($0 % $1) + $1) % $1 })]
    case let mode: throw ONNXFault("it pads by '\(mode)'; there is constant, edge, reflect, wrap")
    }
  }

  /// Axes made longer by repeating their own elements.
  ///
  /// - Parameter source: The place in an extent that an index outside of it stands for.
  private static func mirrored(
    _ x: Tensor, _ low: [Int], _ high: [Int], _ source: (Int, _ extent: Int) -> Int
  ) throws(ONNXFault) -> Tensor {
    var result = x
    for axis in low.indices where low[axis] != 0 || high[axis] != 0 {
      let extent = x.shape[axis]
      let end = extent + high[axis]
      guard extent > 0, end >= -low[axis], end + low[axis] <= ONNXConstant.limit else {
        throw ONNXFault("an axis of \(extent) cannot be padded so")
      }
      result = try gathered(result, (-low[axis]..<end).map { source($0, extent) }, axis: axis)
    }
    return result
  }
}

extension Int {
  /// This number, whose negative exists.
  fileprivate var clamped: Int { Swift.max(self, -.max) }
}
