extension Tensor {
  /// The rows of this table at `ids`: `[V, D…]` at `[…]` int32 gives `[…, D…]`.
  ///
  /// Ids outside `0..<V` give rows of zeros.
  public func gather(_ ids: Tensor) -> Tensor {
    guard shape.rank >= 1, ids.dtype == .int32 else {
      return graph.fail(
        .invalidArgument(
          operation: "gather", reason: "needs a table and int32 ids, got \(shape)",
          path: graph.scope))
    }
    return apply(.gather, [ids], Shape(ids.shape.dimensions + shape.dimensions.dropFirst()))
  }

  /// A table of `rows` zero rows to which row `i` of this tensor is added at `ids[i]`.
  ///
  /// The order of additions is fixed. Ids outside the table are left out.
  public func scatterAdd(_ ids: Tensor, rows: Int) -> Tensor {
    guard ids.dtype == .int32,
      ids.shape.dimensions == Array(shape.dimensions.prefix(ids.shape.rank))
    else {
      return graph.fail(
        .shapeMismatch(operation: "scatterAdd", lhs: shape, rhs: ids.shape, path: graph.scope))
    }
    let row = shape.dimensions.dropFirst(ids.shape.rank)
    return graph.add(.scatterAdd, [ids.id, id], Shape([rows] + row), dtype)
  }
}

extension Graph {
  /// Random elements: the same for equal (seed, step, stream, position) on every device.
  ///
  /// - Parameters:
  ///   - state: int32 `[3]`: the low and high half of the seed, and the step.
  ///   - stream: Separates uses of randomness; one number per use within a plan.
  package func random(
    _ distribution: RandomDistribution, _ shape: Shape, state: Tensor, stream: UInt32
  ) -> Tensor {
    add(.random(distribution, stream: stream), [state.id], shape)
  }
}

extension Tensor {
  /// Sets each element to zero with the given probability and scales the rest to keep the mean.
  ///
  /// Source: Srivastava et al. 2014 (inverted dropout).
  public func dropout(probability: Double, state: Tensor, stream: UInt32) -> Tensor {
    if probability <= 0 { return self }
    let keep = graph.random(.uniform, shape, state: state, stream: stream)
      .greaterOrEqual(graph.fill(probability))
    return self * keep * (1 / (1 - probability))
  }
}
