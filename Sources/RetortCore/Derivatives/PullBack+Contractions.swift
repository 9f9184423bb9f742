extension PullBack {
  func matmul(_ transposeA: Bool, _ transposeB: Bool, _ index: Int) -> Tensor? {
    let (a, b) = (x[0], x[1])
    if a.id == b.id, transposeA != transposeB {
      // A Gram matrix: one product makes the cotangents of both operands.
      guard index == 0 else { return nil }
      let both = g + g.transposed()
      return transposeA ? a.matmul(both) : both.matmul(a)
    }
    if index == 0 {
      return transposeA
        ? b.matmul(g, transposeA: transposeB, transposeB: true)
        : g.matmul(b, transposeB: !transposeB)
    }
    return transposeB
      ? g.matmul(a, transposeA: true, transposeB: transposeA)
      : a.matmul(g, transposeA: !transposeA)
  }

  func convolution(_ geometry: Convolution, _ index: Int) -> Tensor {
    let (image, weight) = (x[0], x[1])
    return index == 0
      ? g.convolutionInputGradient(
        weight, geometry, inputHeight: image.shape[1], inputWidth: image.shape[2])
      : image.convolutionWeightGradient(
        g, geometry, kernelHeight: weight.shape[1], kernelWidth: weight.shape[2])
  }

  func convolutionInputGradient(_ geometry: Convolution, _ index: Int) -> Tensor {
    let (gradient, weight) = (x[0], x[1])
    return index == 0
      ? g.convolution(weight, geometry)
      : g.convolutionWeightGradient(
        gradient, geometry, kernelHeight: weight.shape[1], kernelWidth: weight.shape[2])
  }

  func convolutionWeightGradient(_ geometry: Convolution, _ index: Int) -> Tensor {
    let (image, gradient) = (x[0], x[1])
    return index == 0
      ? gradient.convolutionInputGradient(
        g, geometry, inputHeight: image.shape[1], inputWidth: image.shape[2])
      : image.convolution(g, geometry)
  }
}
