extension PullBack {
  /// The gradient of the packed mean, variance and inverse deviation with respect to x.
  func moments(_ axis: MomentsAxis) -> Tensor {
    let image = x[0]
    let count = Double(image.shape.count / Swift.max(1, output.shape.count / 3))
    let kept = Shape(Array(output.shape.dimensions.dropFirst()))
    func part(_ tensor: Tensor, _ index: Int) -> Tensor {
      tensor.slice(axis: 0, index..<index + 1).reshape(to: kept)
    }
    let inverse = part(output, 2)
    let byVariance = part(g, 1) - part(g, 2) * inverse * inverse * inverse * 0.5
    return (part(g, 0) + byVariance * (image - part(output, 0)) * 2) * (1 / count)
  }

  /// The gradient of batch and layer norm; with respect to x it includes the path through the statistics.
  ///
  /// Source: Ioffe and Szegedy 2015, section 3, and the same derivation along rows.
  func normalize(_ axis: MomentsAxis, _ trains: Bool, _ index: Int) -> Tensor? {
    let (image, mean, inverse, gamma) = (x[0], x[1], x[2], x[3])
    let leading = Array(0..<image.shape.rank - 1)
    let normalised = (image - mean) * inverse
    switch index {
    case 0:
      if !trains { return g * (gamma * inverse) }
      if axis == .channels {
        let scale = 1 / Double(Swift.max(1, image.shape.count / Swift.max(1, image.shape[-1])))
        let bySum = g.sum(axes: leading)
        let byProduct = (g * normalised).sum(axes: leading)
        return (g - (bySum + normalised * byProduct) * scale) * (gamma * inverse)
      }
      let scaled = g * gamma
      let scale = 1 / Double(Swift.max(1, image.shape[-1]))
      let bySum = scaled.sum(axes: [-1], keepingAxes: true)
      let byProduct = (scaled * normalised).sum(axes: [-1], keepingAxes: true)
      return (scaled - (bySum + normalised * byProduct) * scale) * inverse
    case 3: return (g * normalised).sum(axes: leading)
    case 4: return g.sum(axes: leading)
    default: return nil
    }
  }
}
