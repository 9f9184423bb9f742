extension Double {
  /// The nearest multiple of 8 that is at least 8 and not below nine tenths of this.
  ///
  /// Source: [Sandler et al. 2018](https://arxiv.org/abs/1801.04381), the reference code's rule.
  var roundedToEights: Int {
    let nearest = max(8, Int(self + 4) / 8 * 8)
    return Double(nearest) < 0.9 * self ? nearest + 8 : nearest
  }
}
