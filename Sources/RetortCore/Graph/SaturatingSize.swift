extension Int {
  /// The sum of two counts, or the greatest number there is; for counts that are only shown.
  package func saturatingSum(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }

  /// The product of two counts that are at least 0, or the greatest number there is.
  package func saturatingProduct(_ other: Int) -> Int {
    let (product, isOver) = multipliedReportingOverflow(by: other)
    return isOver ? .max : product
  }
}
