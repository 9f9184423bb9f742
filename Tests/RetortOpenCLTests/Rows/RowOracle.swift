import Glibc
import RetortCore

/// Row functions in float64, written from their definitions.
struct RowOracle {
  let rows: Int
  let columns: Int

  private var columnIndices: Range<Int> { 0..<columns }

  /// The logarithm of a row's softmax at a temperature.
  func logSoftmax(_ x: ArraySlice<Float>, temperature: Double = 1) -> [Double] {
    let scaled = x.map { Double($0) / temperature }
    guard !scaled.contains(where: \.isNaN) else { return scaled.map { _ in .nan } }
    let peak = scaled.max() ?? 0
    let total = log(scaled.reduce(0) { $0 + exp($1 - peak) })
    return scaled.map { $0 - peak - total }
  }

  /// Applies `body` to each row's range.
  func map(_ body: (Int, Range<Int>) -> [Double]) -> [Double] {
    (0..<rows).flatMap { body($0, $0 * columns..<($0 + 1) * columns) }
  }

  /// A divergence of one row with its gradients by the student's and the teacher's logits.
  func divergence(
    _ kind: Divergence, student: ArraySlice<Float>, teacher: ArraySlice<Float>,
    temperature: Double
  ) -> (loss: Double, student: [Double], teacher: [Double]) {
    let (logQ, logP) = (
      logSoftmax(student, temperature: temperature), logSoftmax(teacher, temperature: temperature)
    )
    let (q, p) = (logQ.map { exp($0) }, logP.map { exp($0) })
    // ∂D/∂q and ∂D/∂p, to be chained through the two softmaxes; a probability below 1e-300 is 0.
    var loss = 0.0
    var byQ = [Double](repeating: 0, count: columns)
    var byP = byQ
    func terms(_ a: [Double], _ logA: [Double], _ logB: (Int) -> Double) -> [Double] {
      columnIndices.map { a[$0] < 1e-300 ? 0 : logA[$0] - logB($0) }
    }
    switch kind {
    case .forwardKL:
      byP = terms(p, logP) { logQ[$0] }
      loss = zip(p, byP).reduce(0) { $0 + $1.0 * $1.1 }
    case .reverseKL:
      byQ = terms(q, logQ) { logP[$0] }
      loss = zip(q, byQ).reduce(0) { $0 + $1.0 * $1.1 }
    case .jensenShannon(let beta):
      let b = Double(beta)
      let logM = columnIndices.map { log(b * p[$0] + (1 - b) * q[$0]) }
      byP = terms(p, logP) { logM[$0] }.map { b * $0 }
      byQ = terms(q, logQ) { logM[$0] }.map { (1 - b) * $0 }
      loss = zip(p, byP).reduce(0) { $0 + $1.0 * $1.1 }
      loss += zip(q, byQ).reduce(0) { $0 + $1.0 * $1.1 }
    case .probabilityL2:
      byP = zip(p, q).map { 2 * ($0 - $1) }
      byQ = byP.map { -$0 }
      loss = byP.reduce(0) { $0 + $1 * $1 / 4 }
    }
    func chain(_ gradient: [Double], _ probability: [Double]) -> [Double] {
      let dots = zip(gradient, probability).map { $1 == 0 ? 0 : $0 * $1 }
      let mean = dots.reduce(0, +)
      return zip(dots, probability).map { ($0 - $1 * mean) / temperature }
    }
    let difference = zip(q, p).map { ($0 - $1) / temperature }
    return switch kind {
    case .forwardKL: (loss, difference, chain(byP, p))
    case .reverseKL: (loss, chain(byQ, q), difference.map { -$0 })
    default: (loss, chain(byQ, q), chain(byP, p))
    }
  }
}

/// Where two tensors differ most, in units of `absolute + relative · |expected|`; infinite where a
/// NaN or an infinity is not matched in place or the counts differ.
func worstError(
  _ found: [Float], _ expected: [Double], absolute: Double, relative: Double
) -> Double {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).reduce(0) { worst, pair in
    let (value, wanted) = (Double(pair.0), pair.1)
    if value.isNaN && wanted.isNaN || value == wanted { return worst }
    guard value.isFinite, wanted.isFinite else { return .infinity }
    return max(worst, abs(value - wanted) / (absolute + relative * abs(wanted)))
  }
}

extension HostArray {
  /// The elements; none if they are not float32.
  var floats: [Float] { if case .float32(let values) = self { values } else { [] } }
}
