/// Statistics of the latent codes of the training examples, as units of exploration.
public struct LatentStatistics: Equatable, Sendable {
  /// The mean and the standard deviation of each coordinate.
  public let mean: [Float], deviation: [Float]
  /// The mean Euclidean norm of a code.
  public let meanNorm: Double
  /// The mean Euclidean norm of a code whose coordinates are divided by their deviations.
  public let meanWhiteNorm: Double
  /// The 0.1 and 99.9 percentiles of each coordinate.
  public let low: [Float], high: [Float]

  /// The statistics of codes `[count, size]`.
  public init(codes: [Float], size: Int) {
    let count = max(1, codes.count / max(1, size))
    var (means, deviation): ([Float], [Float]) = ([], [])
    var low: [Float] = []
    var high: [Float] = []
    for coordinate in 0..<size {
      let values = stride(from: coordinate, to: codes.count, by: size).map { Double(codes[$0]) }
      let mean = values.reduce(0, +) / Double(count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      means.append(Float(mean))
      deviation.append(Float((squares / Double(max(1, count - 1))).squareRoot()))
      let sorted = values.sorted()
      let last = Double(count - 1)
      low.append(Float(sorted.isEmpty ? 0 : sorted[Int((last * 0.001).rounded())]))
      high.append(Float(sorted.isEmpty ? 0 : sorted[Int((last * 0.999).rounded())]))
    }
    var (norms, whiteNorms) = (0.0, 0.0)
    for row in 0..<count where codes.count >= (row + 1) * size {
      let code = codes[row * size..<(row + 1) * size]
      norms += code.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      whiteNorms += zip(code, deviation).reduce(0.0) { sum, pair in
        let white = Double(pair.0) / max(Double(pair.1), Self.leastDeviation)
        return sum + white * white
      }.squareRoot()
    }
    (self.mean, self.deviation) = (means, deviation)
    (self.low, self.high) = (low, high)
    (meanNorm, meanWhiteNorm) = (norms / Double(count), whiteNorms / Double(count))
  }

  /// The deviation below which a coordinate is not in use, and is not divided by its own.
  static let leastDeviation = 1e-6
}
