extension PullBack {
  func transpose(_ axes: SIMD8<Int8>) -> Tensor {
    var inverse = Array(repeating: 0, count: g.shape.rank)
    for axis in inverse.indices { inverse[Int(axes[axis])] = axis }
    return g.transpose(inverse)
  }

  func slice(_ starts: SIMD8<Int32>) -> Tensor {
    let low = (0..<g.shape.rank).map { Int(starts[$0]) }
    let high = low.indices.map { x[0].shape[$0] - low[$0] - g.shape[$0] }
    return g.pad(low: low, high: high)
  }

  func broadcast() -> Tensor {
    let target = x[0].shape
    let lead = g.shape.rank - target.rank
    let axes = (0..<g.shape.rank).filter {
      $0 < lead || (target[$0 - lead] == 1 && g.shape[$0] != 1)
    }
    return g.sum(axes: axes, keepingAxes: true).reshape(to: target)
  }

  func concatenated(_ axis: Int, _ index: Int) -> Tensor {
    let start = x[..<index].reduce(0) { $0 + $1.shape[axis] }
    return g.slice(axis: axis, start..<start + x[index].shape[axis])
  }

  func reduce(_ op: ReduceOp) -> Tensor {
    let spread = g.broadcast(to: x[0].shape)
    if op == .sum { return spread }
    let hits = x[0].equal(output.broadcast(to: x[0].shape))
    let axes = (0..<x[0].shape.rank).filter { output.shape[$0] != x[0].shape[$0] }
    let share = hits / hits.sum(axes: axes, keepingAxes: true)
    return spread * share
  }
}
