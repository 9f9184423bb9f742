import RetortCore

extension Tensor {
  /// Each row of `[rows, features]` over its Euclidean length, which counts as 10⁻¹² at least.
  ///
  /// As PyTorch's `torch.nn.functional.normalize`.
  package func unitRows() -> Tensor {
    let squares = square().sum(axes: [1], keepingAxes: true)
    return self * squares.maximum(graph.fill(1e-24)).rsqrt()
  }
}
