import RetortData
import Testing

@Suite struct SplitTests {
  static let names = (0..<10).map { "class \($0)" }
  /// 6,000 labels of ten classes in turn.
  static let labels = (0..<6000).map { Int32($0 * 7 % 10) }

  private func counts(_ chosen: [Int]) -> [Int] {
    chosen.reduce(into: [Int](repeating: 0, count: 10)) { $0[Int(Self.labels[$1])] += 1 }
  }

  // Golden values: the published imbalance code's formula in numpy float64.
  @Test(arguments: [
    (5000, [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50], 12406),
    (6000, [6000, 3596, 2156, 1292, 774, 464, 278, 166, 100, 60], 14886),
  ])
  func longTailOfTenClasses(largest: Int, expected: [Int], sum: Int) throws {
    let counts = try Split.longTailCounts(largest: largest, classes: 10, imbalance: 100)
    #expect(counts == expected)
    #expect(counts.reduce(0, +) == sum)
  }

  @Test func longTailOfAHundredClasses() throws {
    let counts = try Split.longTailCounts(largest: 500, classes: 100, imbalance: 100)
    #expect(counts.prefix(5) == [500, 477, 455, 434, 415])
    #expect(counts.suffix(3) == [5, 5, 5])
    #expect(counts.reduce(0, +) == 10847)
  }

  @Test func truncationLosesNoExample() throws {
    // For each of these the last power comes out just below a whole number or exactly at it.
    for imbalance in 1...400 {
      let counts = try Split.longTailCounts(
        largest: imbalance * 7, classes: 10, imbalance: Double(imbalance))
      #expect(counts.last == 7, "imbalance \(imbalance)")
      #expect(counts.first == imbalance * 7)
    }
    #expect(try Split.longTailCounts(largest: 9, classes: 1, imbalance: 3) == [9])
    #expect(try Split.longTailCounts(largest: 9, classes: 3, imbalance: 1) == [9, 9, 9])
    #expect(try Split.longTailCounts(largest: 5, classes: 2, imbalance: 2) == [5, 2])
  }

  @Test func steps() throws {
    #expect(
      try Split.stepCounts(largest: 5000, classes: 4, imbalance: 100) == [5000, 5000, 50, 50])
    #expect(try Split.stepCounts(largest: 10, classes: 3, imbalance: 2) == [10, 5, 5])
  }

  @Test func aClassIsNeverLeftEmpty() {
    #expect(throws: DataError.emptyClass(imbalance: 100, largest: 50)) {
      try Split.longTailCounts(largest: 50, classes: 10, imbalance: 100)
    }
    for bad in [0.5, 0, -1, .nan, .infinity] {
      #expect(throws: DataError.self) {
        try Split.stepCounts(largest: 50, classes: 10, imbalance: bad)
      }
    }
  }

  /// What is held out has the classes' shares; balanced classes give what `limited` gives.
  @Test func stratifiedKeepsProportions() throws {
    #expect(
      try Split.stratified(labels: Self.labels, classNames: Self.names, count: 304, seed: 1)
        == Split.limited(labels: Self.labels, classNames: Self.names, labelled: 304, seed: 1))
    func counts(_ sizes: [Int], _ count: Int) throws -> [Int] {
      let labels = sizes.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) }
      let chosen = try Split.stratified(
        labels: labels, classNames: sizes.map(String.init), count: count, seed: 3)
      return sizes.indices.map { index in chosen.count { labels[$0] == Int32(index) } }
    }
    #expect(try counts([900, 90, 10], 100) == [90, 9, 1])
    #expect(try counts([97, 1, 2], 10) == [10, 0, 0])
    #expect(try counts([5, 5, 1], 6) == [3, 3, 0])
    #expect(try counts([3, 1], 4) == [3, 1])
    #expect(try counts([2, 1, 1], 3) == [1, 1, 1])
    #expect(try counts([0, 4], 2) == [0, 2])
    #expect(throws: DataError.self) { try counts([2, 2], 5) }
  }

  @Test func limitedIsBalancedSortedAndSeeded() throws {
    func limited(_ labelled: Int, seed: UInt64 = 1) throws(DataError) -> [Int] {
      try Split.limited(
        labels: Self.labels, classNames: Self.names, labelled: labelled, seed: seed)
    }
    let chosen = try limited(300)
    #expect(counts(chosen) == [Int](repeating: 30, count: 10))
    #expect(chosen == chosen.sorted() && Set(chosen).count == 300)
    #expect(try limited(300) == chosen)
    #expect(try limited(300, seed: 2) != chosen)
    #expect(counts(try limited(304)) == [31, 31, 31, 31, 30, 30, 30, 30, 30, 30])
    #expect(counts(try limited(3)) == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    #expect(Set(try limited(600)).isSuperset(of: chosen))
    #expect(try limited(6000) == Array(0..<6000))
    #expect(throws: DataError.tooFewExamples(wanted: 6001, available: 6000, className: nil)) {
      try limited(6001)
    }
    #expect(throws: DataError.self) { try limited(0) }
  }

  @Test func aChoiceIsNotJustTheFirstOnes() throws {
    let chosen = try Split.limited(
      labels: Self.labels, classNames: Self.names, labelled: 100, seed: 5)
    let mean = chosen.reduce(0, +) / chosen.count
    #expect(mean > 2400 && mean < 3600)
  }

  @Test func aRareClassIsNamed() {
    let labels: [Int32] = [0, 0, 0, 1]
    #expect(throws: DataError.tooFewExamples(wanted: 2, available: 1, className: "b")) {
      try Split.limited(labels: labels, classNames: ["a", "b"], labelled: 4, seed: 1)
    }
  }

  @Test func longTailAndStepOfASet() throws {
    let tail = try Split.longTail(
      labels: Self.labels, classNames: Self.names, imbalance: 100, seed: 3)
    #expect(counts(tail) == [600, 359, 215, 129, 77, 46, 27, 16, 10, 6])
    let step = try Split.step(
      labels: Self.labels, classNames: Self.names, imbalance: 10, seed: 3)
    #expect(counts(step) == [600, 600, 600, 600, 600, 60, 60, 60, 60, 60])
  }

  @Test func datasetsAreSplit() throws {
    let dataset = ImageDataset(
      name: "sample", images: (0..<60).map { UInt8($0) }, labels: (0..<60).map { Int32($0 % 3) },
      height: 1, width: 1, channels: 1, classNames: ["a", "b", "c"])
    let (rest, heldOut) = try dataset.holdingOut(9, seed: 4)
    #expect(heldOut.classCounts == [3, 3, 3] && rest.classCounts == [17, 17, 17])
    #expect(Set(rest.images).union(heldOut.images).count == 60)
    #expect(rest.images.indices.allSatisfy { rest.labels[$0] == Int32(rest.images[$0] % 3) })
    #expect(try dataset.limited(labelled: 6, seed: 1).classCounts == [2, 2, 2])
    #expect(try dataset.longTail(imbalance: 4, seed: 1).classCounts == [20, 10, 5])
    #expect(try dataset.stepImbalance(4, seed: 1).classCounts == [20, 5, 5])
    #expect(try dataset.limited(labelled: 6, seed: 1).name == "sample, 6 labelled")
  }
}
