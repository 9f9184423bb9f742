import RetortCore

/// Sizes that kernels treat differently: one element, a partial vector, several work-groups.
extension OpCase {
  /// Cases of functions and losses over rows.
  static let rowSizes: [OpCase] =
    rowShapes.flatMap { shape in
      [
        OpCase("softmax", [shape]) { $0[0].softmax() },
        OpCase("logSoftmax", [shape]) { $0[0].logSoftmax() },
        crossEntropy(shape), divergence("forward KL", .forwardKL, shape, temperature: 4),
        OpCase("distance of directions", [shape, shape]) { $0[0].directionRows(teacher: $0[1]) },
        OpCase("cosine", [shape, shape]) { $0[0].cosineRows(teacher: $0[1]) },
      ]
    }
    + ([[9, 10], [3, 130]] as [Shape]).flatMap { shape in
      [
        divergence("reverse KL", .reverseKL, shape),
        divergence("Jensen-Shannon", .jensenShannon(beta: 0.3), shape),
        divergence("probability L2", .probabilityL2, shape),
      ]
    } + [
      OpCase("softmax of large logits", [[5, 17]], in: -1e4...1e4) { $0[0].softmax() },
      crossEntropy([2, 30522]), divergence("forward KL", .forwardKL, [2, 30522], temperature: 4),
    ]

  private static let rowShapes: [Shape] = [[5, 1], [7, 10], [5, 17], [3, 1000]]

  // Every fourth label is out of range.
  private static func crossEntropy(_ shape: Shape) -> OpCase {
    OpCase("cross-entropy", [shape]) { x in
      let labels = (0..<shape[0]).map { Int32($0 % 4 == 3 ? shape[1] : $0 % shape[1]) }
      return x[0].crossEntropyRows(x[0].graph.constant(labels, [shape[0]]), labelSmoothing: 0.1)
    }
  }

  private static func divergence(
    _ name: String, _ kind: Divergence, _ shape: Shape, temperature: Double = 1
  ) -> OpCase {
    OpCase(name, [shape, shape]) {
      $0[0].divergenceRows(kind, teacher: $0[1], temperature: temperature)
    }
  }

  /// Cases of sums, extrema and normalisations.
  static let reductionSizes: [OpCase] =
    ([
      [1, 100_000, 1], [3, 40_000, 1], [1, 20_001, 16], [1, 5000, 70], [17, 5, 200], [1000, 10, 1],
    ] as [Shape]).map { shape in
      OpCase("sum, maximum, minimum", [shape]) {
        let x = $0[0].square()
        return Tensor.concatenate(
          [x.sum(axes: [1]), x.maximum(axes: [1]), x.minimum(axes: [1])], axis: 0)
      }
    }
    + ([[130, 16], [5000, 34], [3000, 130], [40_000, 3]] as [Shape]).map { shape in
      // The scale's gradient is a sum of 40,000 terms that cancel: 51.8151 instead of 51.8135.
      OpCase("batch norm", [shape, [shape[1]], [shape[1]]], tolerance: 1e-4) {
        $0[0].batchNorm(gamma: $0[1], beta: $0[2], epsilon: 1e-3).0
      }
    }
    + ([[1000, 10], [65, 768], [5, 5000]] as [Shape]).map { shape in
      OpCase("layer norm", [shape, [shape[1]], [shape[1]]]) {
        $0[0].layerNorm(gamma: $0[1], beta: $0[2], epsilon: 1e-3)
      }
    }

  /// Cases of gather and scatter-add, with some ids out of range.
  static let indexingSizes: [OpCase] = [(7, 16, 500), (200, 17, 9), (3, 40, 700)].map {
    rows, columns, count in
    OpCase("gather \(count)", [[rows, columns]]) {
      let ids = (0..<count).map { Int32($0 * 37 % (rows + 2) - 1) }
      return $0[0].gather($0[0].graph.constant(ids, [count]))
    }
  }
}

extension PoolingCase {
  /// Cases of max and average pooling, with gradients.
  var opCases: [OpCase] {
    let shape = Shape(input)
    return [
      OpCase("max pooling \(pooling.height)×\(pooling.width)", [shape]) { $0[0].maxPool(pooling) },
      OpCase("average pooling \(pooling.height)×\(pooling.width)", [shape]) {
        $0[0].averagePool(pooling)
      },
    ]
  }
}
