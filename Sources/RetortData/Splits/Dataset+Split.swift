extension Dataset {
  /// A class-balanced choice of `labelled` examples; see `Split.limited`.
  public func limited(labelled: Int, seed: UInt64) throws(DataError) -> Self {
    let indices = try Split.limited(
      labels: labels, classNames: classNames, labelled: labelled, seed: seed)
    return subset(indices, name: "\(name), \(labelled) labelled")
  }

  /// A choice whose class sizes fall off exponentially; see `Split.longTail`.
  public func longTail(imbalance: Double, seed: UInt64) throws(DataError) -> Self {
    let indices = try Split.longTail(
      labels: labels, classNames: classNames, imbalance: imbalance, seed: seed)
    return subset(indices, name: "\(name), long tail \(imbalance)")
  }

  /// A choice with frequent and rare classes, half and half; see `Split.step`.
  public func stepImbalance(_ imbalance: Double, seed: UInt64) throws(DataError) -> Self {
    let indices = try Split.step(
      labels: labels, classNames: classNames, imbalance: imbalance, seed: seed)
    return subset(indices, name: "\(name), step \(imbalance)")
  }

  /// Takes `count` examples out to validate on, of each class in proportion to its size.
  ///
  /// - Returns: The examples that stay, and those taken out.
  /// - Throws: `DataError.tooFewExamples` or `.outOfRange`.
  public func holdingOut(
    _ count: Int, seed: UInt64
  ) throws(DataError) -> (rest: Self, heldOut: Self) {
    let chosen = try Split.stratified(
      labels: labels, classNames: classNames, count: count, seed: seed)
    let taken = Set(chosen)
    let rest = labels.indices.filter { !taken.contains($0) }
    return (subset(rest), subset(chosen, name: "\(name), \(count) held out"))
  }
}
