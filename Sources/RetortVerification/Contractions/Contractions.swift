import RetortCore

extension ProductCase {
  /// A case of the product with and without an epilogue.
  var deviceCase: DeviceCase {
    DeviceCase("product \(self)", isExactlyRounded: true) { part in
      let left = part.eighths(a ? [batch, k, m] : [batch, m, k])
      let right = part.eighths(b ? [batch, n, k] : [batch, k, n])
      let sums = left.matmul(right, transposeA: a, transposeB: b)
      return [part.finish(sums), sums]
    }
  }
}

extension ConvolutionCase {
  /// A case of the convolution with and without an epilogue, and of its gradients with respect to input and
  /// weight.
  var deviceCase: DeviceCase {
    DeviceCase("convolution \(self)", isExactlyRounded: true) { part in
      let x = part.eighths(Shape(input))
      let w = part.eighths([out, high, wide, input[3] / geometry.groups])
      let sums = x.convolution(w, geometry)
      let gradient = part.eighths(sums.shape)
      return [
        part.finish(sums), sums,
        gradient.convolutionInputGradient(
          w, geometry, inputHeight: input[1], inputWidth: input[2]),
        x.convolutionWeightGradient(gradient, geometry, kernelHeight: high, kernelWidth: wide),
      ]
    }
  }
}

extension CaseGraph {
  /// A bias per column, a ReLU and a residual added to a contraction's result.
  fileprivate mutating func finish(_ sums: Tensor) -> Tensor {
    (sums + eighths([sums.shape[-1]])).relu() + eighths(sums.shape)
  }
}
