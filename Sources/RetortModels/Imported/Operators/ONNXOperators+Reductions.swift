import RetortCore

extension ONNXOperators {
  /// Sums, means and extremes along axes.
  static let reductions: [String: ONNXOperator] = [
    "ReduceL1": reduce(empty: 0) { $0.abs().sum(axes: $1, keepingAxes: true) },
    "ReduceL2": reduce(empty: 0) { $0.square().sum(axes: $1, keepingAxes: true).sqrt() },
    "ReduceLogSum": reduce(empty: -.infinity) { $0.sum(axes: $1, keepingAxes: true).log() },
    "ReduceLogSumExp": reduce(empty: -.infinity) { x, axes in
      let peak = x.maximum(axes: axes, keepingAxes: true).stopGradient()
      return (x - peak).exp().sum(axes: axes, keepingAxes: true).log() + peak
    },
    "ReduceMax": reduce(empty: -.infinity) { $0.maximum(axes: $1, keepingAxes: true) },
    "ReduceMean": reduce(empty: .nan) { $0.mean(axes: $1, keepingAxes: true) },
    "ReduceMin": reduce(empty: .infinity) { $0.minimum(axes: $1, keepingAxes: true) },
    "ReduceProd": reduce(empty: 1) { product($0, axes: $1) },
    "ReduceSum": reduce(empty: 0) { $0.sum(axes: $1, keepingAxes: true) },
    "ReduceSumSquare": reduce(empty: 0) { $0.square().sum(axes: $1, keepingAxes: true) },
  ]

  /// A function that leaves extents of 1 at the axes that it reduces.
  ///
  /// - Parameter empty: What it makes of nothing.
  private static func reduce(
    empty: Double, _ function: @escaping @Sendable (Tensor, [Int]) -> Tensor
  ) -> ONNXOperator {
    { call throws(ONNXFault) in
      let value = try call.value(0)
      let rank = value.shape.count
      let given = try call.axesOfInput(1, rank: rank) ?? []
      if given.isEmpty, call.int("noop_with_empty_axes", 0) != 0 { return [value] }
      let axes = given.isEmpty ? Array(0..<rank) : given
      let keeps = call.int("keepdims", 1) != 0
      if value.shape.contains(0) {
        let shape = value.shape.indices.compactMap {
          axes.contains($0) ? keeps ? 1 : nil : value.shape[$0]
        }
        // The least and the largest of truths are themselves truths.
        let value = call.isTruth(0) ? min(max(empty, 0), 1) : empty
        return [.plain(call.graph.fill(value, try Shape(onnx: shape)))]
      }
      if case .tensor(let tensor, true) = value, keeps {
        return [.image(function(tensor, axes.map { [0, 3, 1, 2][$0] }))]
      }
      let result = function(try call.tensor(0), axes)
      guard !keeps, result.graph.error == nil else { return [.plain(result)] }
      let kept = value.shape.indices.filter { !axes.contains($0) }.map { value.shape[$0] }
      return [.plain(result.reshape(to: try Shape(onnx: kept)))]
    }
  }

  /// Products by halves, so that the derivative holds at zeros too.
  private static func product(_ x: Tensor, axes: [Int]) -> Tensor {
    let rank = x.shape.rank
    let rest = (0..<rank).filter { !axes.contains($0) }
    var rows = x.transpose(rest + axes).reshape([rest.reduce(1) { $0 * x.shape[$1] }, -1])
    var odd: Tensor?
    while rows.shape[1] > 1 {
      let (count, half) = (rows.shape[1], rows.shape[1] / 2)
      if count % 2 == 1 {
        let last = rows.slice(axis: 1, count - 1..<count)
        odd = odd.map { $0 * last } ?? last
      }
      rows = rows.slice(axis: 1, 0..<half) * rows.slice(axis: 1, half..<2 * half)
    }
    if let odd { rows = rows * odd }
    return rows.reshape((0..<rank).map { axes.contains($0) ? 1 : x.shape[$0] })
  }
}
