extension Tensor {
  /// The same elements in row-major order under another shape of equal count.
  ///
  /// One extent may be -1 and is then inferred.
  public func reshape(_ dimensions: [Int]) -> Tensor {
    var extents = dimensions
    if let unknown = extents.firstIndex(of: -1) {
      let known = extents.reduce(1) { $1 == -1 ? $0 : $0 * $1 }
      extents[unknown] = known == 0 ? 0 : shape.count / known
    }
    let target = Shape(extents)
    guard target.count == shape.count, extents.allSatisfy({ $0 >= 0 }) else {
      return graph.fail(
        .shapeMismatch(operation: "reshape", lhs: shape, rhs: target, path: graph.scope))
    }
    return reshape(to: target)
  }

  package func reshape(to target: Shape) -> Tensor {
    if target == shape { return self }
    if let value = fillValue { return graph.fill(value, target) }
    if case .reshape = op {
      return operand(0).reshape(to: target)
    }
    return apply(.reshape, target)
  }

  /// All axes from `start` on joined into one, such as `[batch, features]` for 1.
  public func flatten(from start: Int = 1) -> Tensor {
    guard start >= 0, start <= shape.rank else {
      return graph.fail(
        .invalidArgument(
          operation: "flatten", reason: "\(shape) has no axis \(start)", path: graph.scope))
    }
    return reshape(Array(shape.dimensions[..<start]) + [shape.dimensions[start...].reduce(1, *)])
  }

  /// The axes in another order: result axis `i` is axis `permutation[i]`.
  public func transpose(_ permutation: [Int]) -> Tensor {
    guard permutation.sorted() == Array(0..<shape.rank) else {
      return graph.fail(
        .invalidArgument(
          operation: "transpose", reason: "\(permutation) does not permute the axes of \(shape)",
          path: graph.scope))
    }
    if permutation == Array(0..<shape.rank) { return self }
    var axes = SIMD8<Int8>(repeating: 0)
    for (axis, source) in permutation.enumerated() { axes[axis] = Int8(source) }
    return apply(.transpose(axes), Shape(permutation.map { shape[$0] }))
  }

  /// The last two axes exchanged.
  public func transposed() -> Tensor {
    var order = Array(0..<shape.rank)
    guard shape.rank >= 2 else { return self }
    order.swapAt(shape.rank - 1, shape.rank - 2)
    return transpose(order)
  }

  /// The block that begins at `starts` and has extents `sizes`.
  public func slice(starts: [Int], sizes: [Int]) -> Tensor {
    let fits =
      starts.count == shape.rank && sizes.count == shape.rank
      && zip(starts, zip(sizes, shape.dimensions)).allSatisfy {
        $0 >= 0 && $1.0 >= 0 && $0 + $1.0 <= $1.1
      }
    guard fits else {
      return graph.fail(
        .invalidArgument(
          operation: "slice", reason: "block \(sizes) at \(starts) lies outside \(shape)",
          path: graph.scope))
    }
    if sizes == shape.dimensions { return self }
    if let value = fillValue { return graph.fill(value, Shape(sizes)) }
    var low = SIMD8<Int32>(repeating: 0)
    for (axis, start) in starts.enumerated() { low[axis] = Int32(start) }
    return apply(.slice(starts: low), Shape(sizes))
  }

  /// The part `range` of one axis; negative axes count from the end.
  public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = axis < 0 ? shape.rank + axis : axis
    var starts = Array(repeating: 0, count: shape.rank)
    var sizes = shape.dimensions
    guard axis >= 0, axis < shape.rank else {
      return graph.fail(
        .invalidArgument(
          operation: "slice", reason: "\(shape) has no axis \(axis)", path: graph.scope))
    }
    starts[axis] = range.lowerBound
    sizes[axis] = range.count
    return slice(starts: starts, sizes: sizes)
  }

  /// The elements repeated along new leading axes and along axes of extent 1.
  public func broadcast(to target: Shape) -> Tensor {
    if target == shape { return self }
    guard Shape.broadcast(shape, target) == target else {
      return graph.fail(
        .shapeMismatch(operation: "broadcast", lhs: shape, rhs: target, path: graph.scope))
    }
    if let value = fillValue { return graph.fill(value, target) }
    return apply(.broadcast, target)
  }

  /// Zeros added around the tensor: `low` before and `high` after, per axis.
  public func pad(low: [Int], high: [Int]) -> Tensor {
    guard low.count == shape.rank, high.count == shape.rank,
      low.allSatisfy({ $0 >= 0 }), high.allSatisfy({ $0 >= 0 })
    else {
      return graph.fail(
        .invalidArgument(
          operation: "pad", reason: "\(low) and \(high) do not fit \(shape)", path: graph.scope))
    }
    if low.allSatisfy({ $0 == 0 }), high.allSatisfy({ $0 == 0 }) { return self }
    var starts = SIMD8<Int32>(repeating: 0)
    for (axis, amount) in low.enumerated() { starts[axis] = Int32(amount) }
    let extents = (0..<shape.rank).map { low[$0] + shape[$0] + high[$0] }
    return apply(.pad(low: starts), Shape(extents))
  }

  /// The parts along the first axis moved on by one place, the last to the first: what stands before each.
  public func movedOn() -> Tensor {
    guard shape.rank > 0, shape[0] > 1 else { return self }
    let last = shape[0] - 1
    return .concatenate([slice(axis: 0, last..<last + 1), slice(axis: 0, 0..<last)], axis: 0)
  }

  /// Tensors of one rank joined along an axis; negative axes count from the end.
  public static func concatenate(_ parts: [Tensor], axis: Int) -> Tensor {
    guard let first = parts.first else {
      preconditionFailure("concatenate needs at least one tensor")
    }
    if parts.count == 1 { return first }
    let axis = axis < 0 ? first.shape.rank + axis : axis
    var extents = first.shape.dimensions
    for part in parts.dropFirst() {
      var own = part.shape.dimensions
      guard own.count == extents.count, axis >= 0, axis < own.count else {
        return first.graph.fail(
          .shapeMismatch(
            operation: "concatenate", lhs: first.shape, rhs: part.shape, path: first.graph.scope))
      }
      let grown = extents[axis] + own[axis]
      own[axis] = extents[axis]
      guard own == extents else {
        return first.graph.fail(
          .shapeMismatch(
            operation: "concatenate", lhs: first.shape, rhs: part.shape, path: first.graph.scope))
      }
      extents[axis] = grown
    }
    return first.graph.add(
      .concatenate(axis: Int8(axis)), parts.map(\.id), Shape(extents), first.dtype)
  }
}

extension Graph {
  /// Tensors written into one flat buffer of `count` elements at the given offsets; gaps are zero.
  ///
  /// The producers write into the buffer directly where they can. Offsets must be multiples of
  /// `Variable.alignment` and the parts must not overlap. No gradient flows through the result.
  package func pack(_ parts: [(tensor: Tensor, offset: Int)], count: Int) -> Tensor {
    add(.pack(addPack(parts.map(\.offset))), parts.map(\.tensor.id), Shape([count]))
  }
}
