import Glibc

/// Choices of examples by class; each gives indices in ascending order.
///
/// Within a class, the choice is a prefix of one seeded order, so that a larger choice with the same
/// seed contains a smaller one.
public enum Split {
  /// `labelled` examples, as many of each class as of any other.
  ///
  /// Where the number does not divide, the first classes have one more.
  ///
  /// - Throws: `DataError.tooFewExamples` or `.outOfRange`.
  public static func limited(
    labels: [Int32], classNames: [String], labelled: Int, seed: UInt64
  ) throws(DataError) -> [Int] {
    try check(labelled, "labelled", labels, classNames)
    let (each, more) = labelled.quotientAndRemainder(dividingBy: classNames.count)
    let counts = classNames.indices.map { each + ($0 < more ? 1 : 0) }
    return try choose(counts, labels: labels, classNames: classNames, seed: seed)
  }

  /// `count` examples, of each class in proportion to its size: what is left over by rounding down goes to the
  /// classes that miss most, the first ones where they miss as much, and leaves none empty if it can.
  ///
  /// - Throws: `DataError.tooFewExamples` or `.outOfRange`.
  public static func stratified(
    labels: [Int32], classNames: [String], count: Int, seed: UInt64
  ) throws(DataError) -> [Int] {
    try check(count, "count", labels, classNames)
    let sizes = membership(labels, classes: classNames.count).map(\.count)
    let shares = sizes.map { (count * $0).quotientAndRemainder(dividingBy: labels.count) }
    var counts = shares.map(\.quotient)
    let byNeed = counts.indices.sorted { first, second in
      func rank(_ index: Int) -> (Int, Int, Int) {
        (counts[index] + 1 < sizes[index] ? 0 : 1, -shares[index].remainder, index)
      }
      return rank(first) < rank(second)
    }
    for index in byNeed.filter({ counts[$0] < sizes[$0] })
      .prefix(count - counts.reduce(0, +))
    {
      counts[index] += 1
    }
    return try choose(counts, labels: labels, classNames: classNames, seed: seed)
  }

  /// Examples whose number falls off exponentially from the first class to the last.
  ///
  /// - Parameters:
  ///   - labels: The class of every example.
  ///   - classNames: The classes; their order is that of falling frequency.
  ///   - imbalance: The most frequent class's examples for one of the rarest, at least 1.
  ///   - seed: What the choice within a class depends on.
  /// - Throws: `DataError.emptyClass` or `.outOfRange`.
  public static func longTail(
    labels: [Int32], classNames: [String], imbalance: Double, seed: UInt64
  ) throws(DataError) -> [Int] {
    let largest = smallestClass(labels, classNames)
    let counts = try longTailCounts(
      largest: largest, classes: classNames.count, imbalance: imbalance)
    return try choose(counts, labels: labels, classNames: classNames, seed: seed)
  }

  /// All examples of the first half of the classes and `1/imbalance` of those of the others.
  ///
  /// An odd class belongs to the others.
  ///
  /// - Throws: `DataError.emptyClass` or `.outOfRange`.
  public static func step(
    labels: [Int32], classNames: [String], imbalance: Double, seed: UInt64
  ) throws(DataError) -> [Int] {
    let largest = smallestClass(labels, classNames)
    let counts = try stepCounts(largest: largest, classes: classNames.count, imbalance: imbalance)
    return try choose(counts, labels: labels, classNames: classNames, seed: seed)
  }

  /// Examples per class: `⌊largest · imbalance^(−c / (classes − 1))⌋`.
  ///
  /// A power that misses a whole number by rounding alone counts as that number, where truncation
  /// would lose an example.
  ///
  /// Source: [Cao et al. 2019](https://arxiv.org/abs/1906.07413), section 4, and its public code.
  public static func longTailCounts(
    largest: Int, classes: Int, imbalance: Double
  ) throws(DataError) -> [Int] {
    try check(imbalance, largest: largest)
    var counts: [Int] = []
    for index in 0..<classes {
      let share = classes > 1 ? Double(index) / Double(classes - 1) : 0
      counts.append(truncated(Double(largest) * pow(1 / imbalance, share)))
    }
    return counts
  }

  /// Examples per class for `step`: `largest`, then `⌊largest / imbalance⌋`.
  public static func stepCounts(
    largest: Int, classes: Int, imbalance: Double
  ) throws(DataError) -> [Int] {
    try check(imbalance, largest: largest)
    let few = truncated(Double(largest) / imbalance)
    return (0..<classes).map { $0 < classes / 2 ? largest : few }
  }

  private static func check(
    _ count: Int, _ name: String, _ labels: [Int32], _ classNames: [String]
  ) throws(DataError) {
    guard count > 0 else { throw .outOfRange(name: name, found: "\(count)", allowed: "at least 1") }
    guard count <= labels.count, !classNames.isEmpty else {
      throw .tooFewExamples(wanted: count, available: labels.count, className: nil)
    }
  }

  private static func check(_ imbalance: Double, largest: Int) throws(DataError) {
    guard imbalance >= 1, imbalance.isFinite else {
      throw .outOfRange(name: "imbalance", found: "\(imbalance)", allowed: "at least 1")
    }
    guard truncated(Double(largest) / imbalance) >= 1 else {
      throw .emptyClass(imbalance: imbalance, largest: largest)
    }
  }

  private static func truncated(_ value: Double) -> Int {
    let nearest = value.rounded()
    return Int(abs(value - nearest) < 1e-9 * max(1, value) ? nearest : value.rounded(.down))
  }

  private static func smallestClass(_ labels: [Int32], _ classNames: [String]) -> Int {
    let members = membership(labels, classes: classNames.count)
    return members.map(\.count).min() ?? 0
  }

  private static func membership(_ labels: [Int32], classes: Int) -> [[Int]] {
    var members = [[Int]](repeating: [], count: classes)
    for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
    return members
  }

  private static func choose(
    _ counts: [Int], labels: [Int32], classNames: [String], seed: UInt64
  ) throws(DataError) -> [Int] {
    var chosen: [Int] = []
    let members = membership(labels, classes: classNames.count)
    for (index, candidates) in members.enumerated() {
      guard counts[index] <= candidates.count else {
        throw .tooFewExamples(
          wanted: counts[index], available: candidates.count, className: classNames[index])
      }
      var generator = KeyedGenerator(seed: seed, stream: .split, element: index)
      let order = generator.permutation(of: candidates.count)
      chosen += order.prefix(counts[index]).map { candidates[$0] }
    }
    return chosen.sorted()
  }
}
