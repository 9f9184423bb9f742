extension Tensor {
  package func reduce(_ op: ReduceOp, axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let axes = axes.map { $0 < 0 ? shape.rank + $0 : $0 }
    guard axes.allSatisfy({ $0 >= 0 && $0 < shape.rank }) else {
      return graph.fail(
        .invalidArgument(
          operation: "\(op)", reason: "\(shape) has no axes \(axes)", path: graph.scope))
    }
    var extents = shape.dimensions
    var mask: UInt8 = 0
    var count = 1
    for axis in axes where mask & (1 << UInt8(axis)) == 0 {
      mask |= 1 << UInt8(axis)
      count *= extents[axis]
      extents[axis] = 1
    }
    let kept = Shape(extents)
    let result: Tensor =
      if let value = fillValue {
        graph.fill(op == .sum ? value * Double(count) : value, kept)
      } else if kept == shape {
        self
      } else {
        apply(.reduce(op, axes: mask), kept)
      }
    if keepingAxes { return result }
    let remaining = extents.indices.filter { !axes.contains($0) }.map { extents[$0] }
    return result.reshape(to: Shape(remaining))
  }

  private var allAxes: [Int] { Array(0..<shape.rank) }

  /// The sum over `axes`, or over all.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    reduce(.sum, axes: axes ?? allAxes, keepingAxes: keepingAxes)
  }

  /// The mean over `axes`, or over all.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let reduced = (axes ?? allAxes).map { shape[$0] }.reduce(1, *)
    return (self * (1 / Double(max(1, reduced)))).sum(axes: axes, keepingAxes: keepingAxes)
  }

  /// The maximum over `axes`, or over all; equal maxima share the gradient.
  public func maximum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    reduce(.maximum, axes: axes ?? allAxes, keepingAxes: keepingAxes)
  }

  /// The minimum over `axes`, or over all; equal minima share the gradient.
  public func minimum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    reduce(.minimum, axes: axes ?? allAxes, keepingAxes: keepingAxes)
  }

  /// The index of the first maximum along the last axis, int32; no gradient.
  public func argmax() -> Tensor {
    graph.add(.argmax, [id], Shape(Array(shape.dimensions.dropLast())), .int32)
  }
}
