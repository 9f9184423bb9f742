/// Division and multiples, rounded up.
extension Int {
  /// The least number of pieces of `size` that cover this many.
  package func ceilDivided(by size: Int) -> Int { (self + size - 1) / size }
  /// This rounded up to a multiple of `size`.
  package func roundedUp(toMultipleOf size: Int) -> Int { ceilDivided(by: size) * size }
}
