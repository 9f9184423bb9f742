import Glibc
import RetortCore

/// Rows of logits that differ little, up to a constant per row.
///
/// The expected divergences are computed in float64 from the differences of logarithms, by formulas without
/// cancellation.
package struct NearRows: Sendable, CustomStringConvertible {
  package let rows = 3
  package let columns: Int
  package let temperature: Float
  package let student: [Float]
  package let teacher: [Float]
  package let description: String

  /// Logits of magnitude up to 5 that differ by about `distance`, plus `offset`.
  package init(columns: Int, temperature: Float, distance: Double, offset: Double = 0) {
    (self.columns, self.temperature) = (columns, temperature)
    var generator = Philox4x32(seed: 17, stream: UInt32(columns))
    func number() -> Double { Double(generator.next() >> 11) * 0x1p-52 - 1 }
    let teacher = (0..<rows * columns).map { _ in Float(number() * 5) }
    student = teacher.map { Float(Double($0) + offset + number() * distance) }
    self.teacher = teacher
    description = "\(columns) columns, T \(temperature), apart by \(distance), moved by \(offset)"
  }

  /// Cases at which sums by the textbook definitions cancel.
  package static func cases(columns: Int) -> [NearRows] {
    [0.1, 1, 1000, 1e4].flatMap { temperature in
      [(3, 0), (0.01, 0), (1e-4, 0), (0.01, 7.25)].map {
        NearRows(columns: columns, temperature: temperature, distance: $0, offset: $1)
      }
    }
  }

  /// The divergence of each row, in float64.
  package func exact(_ kind: Divergence) -> [Double] {
    (0..<rows).map { row in
      let range = row * columns..<(row + 1) * columns
      let (z, t) = (scaled(student[range]), scaled(teacher[range]))
      let (q, p) = (softmax(z), softmax(t))
      // log p - log q, relative to a class of large probability.
      let peak = t.indices.max { t[$0] < t[$1] } ?? 0
      let raw = zip(t, z).map { $0 - $1 - (t[peak] - z[peak]) }
      let change = zip(q, raw).reduce(0) { $0 + $1.0 * expm1($1.1) }
      let offset =
        change > -0.5 ? log1p(change) : log(zip(q, raw).reduce(0) { $0 + $1.0 * exp($1.1) })
      let d = raw.map { $0 - offset }
      return d.indices.reduce(0) { $0 + Self.term(kind, p[$1], q[$1], d[$1]) }
    }
  }

  private func scaled(_ x: ArraySlice<Float>) -> [Double] {
    x.map { Double($0) / Double(temperature) }
  }

  private func softmax(_ x: [Double]) -> [Double] {
    let peak = x.max() ?? 0
    let total = x.reduce(0) { $0 + exp($1 - peak) }
    return x.map { exp($0 - peak) / total }
  }

  /// One class's term; `q - p`, which sums to zero, is added to the logarithmic ones.
  private static func term(_ kind: Divergence, _ p: Double, _ q: Double, _ d: Double) -> Double {
    func excess(_ p: Double, _ d: Double) -> Double { p * (d + expm1(-d)) }
    switch kind {
    case .forwardKL: return excess(p, d)
    case .reverseKL: return excess(q, -d)
    case .jensenShannon(let beta):
      let b = Double(beta)
      return b * excess(p, -log1p((1 - b) * expm1(-d)))
        + (1 - b) * excess(q, -log1p(b * expm1(d)))
    case .probabilityL2:
      let apart = q * expm1(d)
      return apart * apart
    }
  }
}
