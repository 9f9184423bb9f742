import RetortCore

/// Convolutions of normalised inputs, computed by a prologue as they are loaded.
extension GraphCase {
  /// Cases of loads of four channels and of one, strides whose phases skip taps, groups, dilation, 1×1
  /// kernels, single pixels.
  package static let loads: [GraphCase] = [
    normalized([2, 7, 5, 8], [12, 3, 3, 8], Convolution(padding: 1)),
    normalized([3, 6, 7, 5], [7, 3, 3, 5], Convolution(padding: 1)),
    normalized([2, 9, 8, 4], [8, 3, 3, 4], Convolution(stride: 2, padding: 1)),
    normalized([2, 8, 9, 6], [5, 2, 3, 6], Convolution(stride: 3, padding: 2)),
    normalized([2, 7, 7, 8], [12, 3, 3, 4], Convolution(padding: 1, groups: 2)),
    normalized([2, 9, 9, 4], [4, 3, 3, 4], Convolution(padding: 2, dilation: 2)),
    normalized([5, 6, 5, 12], [20, 1, 1, 12], Convolution()),
    normalized([3, 4, 4, 4], [8, 4, 4, 4], Convolution()),
    normalized([2, 1, 1, 3], [5, 3, 3, 3], Convolution(padding: 1)),
  ]

  /// A case of the loss of two convolutions with batch norm, and all gradients.
  ///
  /// The normalised tensors and their gradients are computed by prologues, without launches of their own.
  private static func normalized(_ x: Shape, _ w: Shape, _ geometry: Convolution) -> GraphCase {
    let channels = x[3]
    return GraphCase(
      "\(x) ∗ \(w)\(geometry.remarks)", x, [channels, 3, 3, channels], [channels], [channels], w,
      [w[0]], [w[0]]
    ) {
      func norm(_ x: Tensor, _ gamma: Tensor, _ beta: Tensor) -> Tensor {
        x.batchNorm(gamma: gamma + 1.5, beta: beta, epsilon: 1e-2).0
      }
      let hidden = norm($0[0].convolution($0[1], Convolution(padding: 1)), $0[2], $0[3]).relu()
      let y = norm(hidden.convolution($0[4], geometry), $0[5], $0[6])
      let loss = (y * y.sigmoid()).mean()
      return [loss] + gradients(of: loss, with: $0)
    }
  }
}
