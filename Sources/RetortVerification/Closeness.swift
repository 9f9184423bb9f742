/// The first difference between two arrays that are not close; nil if they are.
///
/// Lengths must be equal, and NaNs and infinities must occur at the same positions; other elements may differ
/// by `tolerance` times the largest finite expected magnitude (at least `floor`).
package func difference(
  _ found: [Double], _ expected: [Double], tolerance: Double, floor: Double = 1e-3
) -> String? {
  guard found.count == expected.count else {
    return "has \(found.count) elements, not \(expected.count)"
  }
  let scale = magnitude(of: expected, floor)
  for (index, (a, b)) in zip(found, expected).enumerated()
  where !(gap(a, b) <= tolerance * scale) {
    return "element \(index) is \(a), not \(b) (bound \(tolerance * scale))"
  }
  return nil
}

/// The largest difference relative to the largest finite expected magnitude (at least `floor`); infinite
/// where lengths, NaNs or infinities do not match.
package func distance(_ found: [Double], _ expected: [Double], floor: Double = 1e-3) -> Double {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).reduce(0) { max($0, gap($1.0, $1.1)) }
    / magnitude(of: expected, floor)
}

private func magnitude(of expected: [Double], _ floor: Double) -> Double {
  expected.reduce(floor) { $1.isFinite ? max($0, abs($1)) : $0 }
}

private func gap(_ a: Double, _ b: Double) -> Double {
  if a.isNaN && b.isNaN || a == b { return 0 }
  return a.isFinite && b.isFinite ? abs(a - b) : .infinity
}
