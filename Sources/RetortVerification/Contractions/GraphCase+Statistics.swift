import RetortCore

/// Contractions with sums of their result's columns.
extension GraphCase {
  /// Cases of partly empty last tiles, single rows and columns, several tiles of columns, groups.
  package static let statistics: [GraphCase] = [
    .product([1, 40], [40, 17]), .product([37, 23], [23, 1]), .product([300, 16], [16, 40]),
    .convolution([1, 1, 1, 5], [3, 3, 3, 5], Convolution(padding: 1)),
    .convolution([2, 7, 5, 3], [4, 3, 3, 3], Convolution(padding: 1)),
    .convolution([3, 9, 8, 8], [70, 3, 3, 8], Convolution(stride: 2, padding: 1)),
    .convolution([2, 9, 7, 8], [12, 3, 3, 4], Convolution(padding: 1, groups: 2)),
    .convolution([5, 12, 11, 4], [20, 1, 1, 4], Convolution()),
  ]

  /// The sums of batch norm's gradient after a ReLU, Σg and Σg·x̂, of an input gradient or a product.
  package static func sums(_ g: Tensor, _ x: Tensor, _ mean: Tensor) -> [Tensor] {
    let masked = g * x.unary(.isPositive)
    let leading = Array(0..<g.shape.rank - 1)
    return [
      masked, masked.sum(axes: leading), (masked * ((x - mean) * 0.5)).sum(axes: leading),
    ]
  }

  private static func inputGradient(_ x: Shape, _ w: Shape, _ geometry: Convolution) -> GraphCase {
    let y = geometry.outputShape(input: x, weight: w) ?? []
    return GraphCase("\(x) ∗ \(w), \(geometry)", y, w, x, [x[3]]) {
      sums(
        $0[0].convolutionInputGradient($0[1], geometry, inputHeight: x[1], inputWidth: x[2]),
        $0[2], $0[3])
    }
  }

  package static let gradientSums: [GraphCase] = [
    inputGradient([1, 2, 1, 5], [3, 3, 3, 5], Convolution(padding: 1)),
    inputGradient([2, 7, 5, 3], [4, 3, 3, 3], Convolution(padding: 1)),
    inputGradient([3, 9, 8, 70], [8, 3, 3, 70], Convolution(stride: 2, padding: 1)),
    inputGradient([2, 11, 7, 8], [12, 3, 3, 4], Convolution(stride: 3, padding: 1, groups: 2)),
    inputGradient([2, 9, 9, 4], [3, 3, 3, 4], Convolution(stride: 2, padding: 2, dilation: 2)),
    inputGradient([5, 12, 11, 20], [4, 1, 1, 20], Convolution()),
    GraphCase("product", [70, 23], [23, 29], [70, 29], [29]) {
      sums($0[0].matmul($0[1]), $0[2], $0[3])
    },
    GraphCase("batch of products", [3, 37, 23], [3, 23, 66], [3, 37, 66], [66]) {
      sums($0[0].matmul($0[1]), $0[2], $0[3])
    },
  ]

  /// Two convolutions with batch norm, the second of stride 2 beside a shortcut, and a classifier.
  package static let network = GraphCase(
    "a residual block", [6, 9, 8, 3], [8, 3, 3, 3], [8], [8], [12, 3, 3, 8], [12], [12],
    [12, 1, 1, 8], [12, 5]
  ) {
    func norm(_ x: Tensor, _ gamma: Tensor, _ beta: Tensor) -> Tensor {
      x.batchNorm(gamma: gamma + 1.5, beta: beta, epsilon: 1e-5).0
    }
    let x = norm($0[0].convolution($0[1], Convolution(padding: 1)), $0[2], $0[3]).relu()
    let main = norm(x.convolution($0[4], Convolution(stride: 2, padding: 1)), $0[5], $0[6])
    let y = (main + x.convolution($0[7], Convolution(stride: 2))).relu()
    let loss = y.mean(axes: [1, 2]).matmul($0[8]).softmax().log().mean()
    return [loss] + RetortCore.gradients(of: loss, with: Array($0.dropFirst()))
  }
}
