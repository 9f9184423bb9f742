extension Int {
  /// The sum of two counts, or `Int.max` on overflow; for counts that are only displayed.
  package func saturatingSum(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }

  /// The product of two counts ≥ 0, or `Int.max` on overflow.
  package func saturatingProduct(_ other: Int) -> Int {
    let (product, isOver) = multipliedReportingOverflow(by: other)
    return isOver ? .max : product
  }
}
