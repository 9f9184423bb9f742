import RetortCore

extension Tensor {
  /// Gumbel noise of uniform numbers in [0, 1): the greatest of keys with such noise is each with the probability that
  /// the softmax of the keys gives it.
  ///
  /// Source: Maddison, Tarlow, Minka 2014, arXiv 1411.0030, section 2.
  func gumbel() -> Tensor {
    // Uniform numbers are multiples of 2⁻²⁴; half of one more, and none is 0.
    -(-(self + 0x1p-25).log()).log()
  }
}
