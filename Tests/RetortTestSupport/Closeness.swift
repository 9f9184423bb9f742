/// The first reason why two arrays are not close, or nil.
///
/// Lengths must be equal, NaN must meet NaN and infinities the same infinity; other elements may
/// differ by `tolerance` times the largest finite expected magnitude (at least `floor`).
package func difference(
  _ found: [Double], _ expected: [Double], tolerance: Double, floor: Double = 1e-3
) -> String? {
  guard found.count == expected.count else {
    return "has \(found.count) elements, not \(expected.count)"
  }
  let scale = expected.reduce(floor) { $1.isFinite ? max($0, abs($1)) : $0 }
  for (index, (a, b)) in zip(found, expected).enumerated() {
    if a.isNaN && b.isNaN || a == b { continue }
    guard a.isFinite, b.isFinite, abs(a - b) <= tolerance * scale else {
      return "element \(index) is \(a), not \(b) (bound \(tolerance * scale))"
    }
  }
  return nil
}
