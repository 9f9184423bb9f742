import RetortCore

extension OpCase {
  /// Every differentiable operation at odd and at ordinary sizes; all op tests run over this table.
  package static let all = elementwiseCases + structureCases + contractionCases + rowCases
}

private let elementwiseCases: [OpCase] = [
  OpCase("exp", [[3, 5]]) { $0[0].exp() },
  OpCase("log", [[7]], in: 0.2...3) { $0[0].log() },
  OpCase("log1p", [[7]], in: -0.5...3) { $0[0].log1p() },
  OpCase("sqrt", [[2, 3]], in: 0.2...3) { $0[0].sqrt() },
  OpCase("rsqrt", [[2, 3]], in: 0.2...3) { $0[0].rsqrt() },
  OpCase("reciprocal", [[5]], in: 0.3...2) { $0[0].reciprocal() },
  OpCase("square", [[5]]) { $0[0].square() },
  OpCase("tanh", [[33]]) { $0[0].tanh() },
  OpCase("sigmoid", [[33]]) { $0[0].sigmoid() },
  OpCase("erf", [[33]]) { $0[0].erf() },
  OpCase("gelu", [[4, 17]]) { $0[0].gelu() },
  OpCase("softplus", [[19]]) { $0[0].softplus() },
  OpCase("relu", [[3, 21]], twice: false) { $0[0].relu() },
  OpCase("abs", [[21]], twice: false) { $0[0].abs() },
  OpCase("hardSwish", [[40]], in: -4...4, twice: false) { $0[0].hardSwish() },
  OpCase("add broadcast", [[3, 1, 5], [4, 1]]) { $0[0] + $0[1] },
  OpCase("subtract", [[2, 9], [9]]) { $0[0] - $0[1] },
  OpCase("multiply broadcast", [[2, 3, 8], [8]]) { $0[0] * $0[1] },
  OpCase("divide", [[6], [6]], in: 0.4...2) { $0[0] / $0[1] },
  OpCase("power", [[6], [6]], in: 0.4...2) { $0[0].power($0[1]) },
  OpCase("maximum", [[2, 18], [2, 18]], twice: false) { $0[0].maximum($0[1]) },
  OpCase("minimum", [[2, 18], [2, 18]], twice: false) { $0[0].minimum($0[1]) },
  OpCase("select", [[4, 6], [4, 6], [4, 6]], twice: false) {
    $0[0].greater($0[1]).select($0[2] * 2, $0[0])
  },
]

private let structureCases: [OpCase] = [
  OpCase("transpose", [[3, 4, 5]]) { $0[0].transpose([2, 0, 1]).square() },
  OpCase("slice", [[4, 7]]) { $0[0].slice(starts: [1, 2], sizes: [2, 3]).square() },
  OpCase("pad", [[2, 3]]) { $0[0].pad(low: [1, 0], high: [0, 2]).square() },
  OpCase("concatenate", [[2, 3], [2, 1], [2, 4]]) {
    Tensor.concatenate([$0[0].square(), $0[1], $0[2].exp()], axis: 1)
  },
  OpCase("reshape of transpose", [[3, 4]]) { $0[0].transposed().reshape([2, 6]).exp() },
  OpCase("broadcast", [[3, 1]]) { $0[0].exp().broadcast(to: [2, 3, 4]) },
  OpCase("sum middle", [[3, 5, 7]]) { $0[0].square().sum(axes: [1]) },
  OpCase("sum outer and inner", [[3, 5, 7]]) { $0[0].square().sum(axes: [0, 2]) },
  OpCase("mean all", [[33, 3]]) { $0[0].exp().mean() },
  OpCase("maximum along rows", [[5, 9]], twice: false) { $0[0].maximum(axes: [1]) },
  OpCase("minimum along columns", [[5, 9]], twice: false) { $0[0].minimum(axes: [0]) },
  OpCase("one element", [[1]]) { ($0[0] * 3).exp().sum() },
]

private let contractionCases: [OpCase] = [
  OpCase("matmul", [[5, 7], [7, 3]]) { $0[0].matmul($0[1]) },
  OpCase("matmul NT", [[17, 33], [10, 33]]) { $0[0].matmul($0[1], transposeB: true) },
  OpCase("matmul TN", [[9, 4], [9, 6]]) { $0[0].matmul($0[1], transposeA: true) },
  OpCase("matmul TT", [[9, 4], [6, 9]]) {
    $0[0].matmul($0[1], transposeA: true, transposeB: true)
  },
  OpCase("batched matmul", [[2, 3, 5, 4], [2, 3, 4, 6]]) { $0[0].matmul($0[1]) },
  OpCase("Gram matrix of rows", [[5, 7]]) { $0[0].matmul($0[0], transposeB: true) },
  OpCase("Gram matrices of columns", [[3, 5, 4]]) { $0[0].matmul($0[0], transposeA: true) },
  OpCase("a product and its transpose", [[6, 4], [4, 6]]) {
    let product = $0[0].matmul($0[1])
    return product.exp() * product.transposed()
  },
  OpCase("a sum of elements and its transpose", [[6, 6], [6, 6]]) {
    let sum = $0[0] + $0[1]
    return sum.exp() * (sum.sum(axes: [0], keepingAxes: true) + sum.transposed())
  },
  OpCase("linear with GELU", [[4, 6, 8], [16, 8], [16]]) {
    ($0[0].matmul($0[1], transposeB: true) + $0[2]).gelu()
  },
  OpCase("convolution 3×3", [[2, 6, 5, 3], [4, 3, 3, 3]]) {
    $0[0].convolution($0[1], Convolution(padding: 1))
  },
  OpCase("convolution stride 2", [[2, 7, 8, 4], [5, 3, 3, 4]]) {
    $0[0].convolution($0[1], Convolution(stride: 2, padding: 1))
  },
  OpCase("convolution dilated", [[1, 9, 9, 2], [3, 3, 3, 2]]) {
    $0[0].convolution($0[1], Convolution(padding: 2, dilation: 2))
  },
  OpCase("convolution grouped", [[2, 5, 5, 6], [4, 3, 3, 3]]) {
    $0[0].convolution($0[1], Convolution(padding: 1, groups: 2))
  },
  OpCase("convolution depthwise", [[2, 6, 6, 5], [5, 3, 3, 1]]) {
    $0[0].convolution($0[1], Convolution(stride: 2, padding: 1, groups: 5))
  },
  OpCase("transposed convolution", [[2, 3, 3, 4], [4, 4, 4, 3]]) {
    $0[0].transposedConvolution($0[1], Convolution(stride: 2, padding: 1))
  },
]

private let rowCases: [OpCase] = [
  OpCase("softmax", [[5, 11]]) { $0[0].softmax() },
  OpCase("logSoftmax", [[5, 11]]) { $0[0].logSoftmax() },
  OpCase("layer norm", [[4, 9], [9], [9]]) {
    $0[0].layerNorm(gamma: $0[1], beta: $0[2], epsilon: 1e-3)
  },
  OpCase("batch norm", [[3, 4, 4, 5], [5], [5]]) {
    $0[0].batchNorm(gamma: $0[1], beta: $0[2], epsilon: 1e-3).0
  },
  OpCase("batch norm, frozen", [[3, 4, 5], [5], [5]]) {
    let graph = $0[0].graph
    return $0[0].batchNorm(
      gamma: $0[1], beta: $0[2], mean: graph.constant([0.5, -1, 0, 2, 0.25], [5]),
      variance: graph.constant([1, 0.5, 2, 0.1, 3], [5]), epsilon: 1e-3)
  },
  OpCase("cross-entropy", [[4, 6]]) {
    $0[0].crossEntropyRows($0[0].graph.constant([Int32(0), 5, 3, 3], [4]), labelSmoothing: 0.1)
  },
  OpCase("forward KL", [[4, 6], [4, 6]]) {
    $0[0].divergenceRows(.forwardKL, teacher: $0[1], temperature: 2)
  },
  OpCase("reverse KL", [[4, 6], [4, 6]]) { $0[0].divergenceRows(.reverseKL, teacher: $0[1]) },
  OpCase("Jensen-Shannon", [[4, 6], [4, 6]]) {
    $0[0].divergenceRows(.jensenShannon(beta: 0.3), teacher: $0[1])
  },
  OpCase("probability L2", [[4, 6], [4, 6]]) {
    $0[0].divergenceRows(.probabilityL2, teacher: $0[1])
  },
  OpCase("distance of directions", [[4, 6], [4, 6]]) { $0[0].directionRows(teacher: $0[1]) },
  OpCase("cosine", [[4, 6], [4, 6]]) { $0[0].cosineRows(teacher: $0[1]) },
  OpCase("gather", [[7, 3]]) {
    $0[0].gather($0[0].graph.constant([Int32(6), 0, 6, 2], [4])).exp()
  },
  OpCase("max pooling", [[2, 5, 5, 3]], twice: false) { $0[0].maxPool(Pooling(window: 2)) },
  OpCase("overlapping max pooling", [[2, 6, 6, 3]], twice: false) {
    $0[0].maxPool(Pooling(window: 3, stride: 2, padding: 1))
  },
  OpCase("average pooling", [[2, 5, 5, 3]]) {
    $0[0].averagePool(Pooling(window: 3, stride: 2, padding: 1, countsPadding: false))
  },
  OpCase("adaptive average pooling", [[2, 5, 7, 3]]) {
    $0[0].adaptiveAveragePool(height: 2, width: 3)
  },
  OpCase("global average pooling", [[3, 4, 4, 5]]) { $0[0].globalAveragePool() },
]
