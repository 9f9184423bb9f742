import RetortFormats

/// The students of several runs that learned alike from as many labels: one arm over its seeds.
struct StudentGroup {
  /// The stage; arms are called `stage/arm`.
  let stage: String
  /// Examples whose labels were used.
  let labels: Int
  /// The stages, in the order of the runs.
  private(set) var members: [StageRecord]

  /// All finished student stages of `runs`: by number of labels, then in the order in which stages
  /// first appear.
  static func all(of runs: [RunRecord]) -> [StudentGroup] {
    var groups: [StudentGroup] = []
    for stage in runs.flatMap(\.stages) where stage.player == "student" {
      let labels = stage.result?["labelledExamples"]?.int ?? 0
      if let index = groups.firstIndex(where: { $0.stage == stage.name && $0.labels == labels }) {
        groups[index].members.append(stage)
      } else {
        groups.append(StudentGroup(stage: stage.name, labels: labels, members: [stage]))
      }
    }
    let order = groups.map(\.stage)
    return groups.sorted {
      ($0.labels, order.firstIndex(of: $0.stage) ?? 0)
        < ($1.labels, order.firstIndex(of: $1.stage) ?? 0)
    }
  }

  /// The test accuracy after the last step, over the members.
  var accuracy: Sample { Sample(members.compactMap { $0.score?["accuracy"]?.double }) }

  /// The number at `path` of each member's `result.json`.
  func sample(_ path: String...) -> Sample {
    Sample(members.compactMap { path.reduce($0.result) { $0?[$1] }?.double })
  }

  /// The mean recall of the most frequent third of the classes, the middle and the rarest; nil where
  /// all classes have as many training examples, or nothing is known of them.
  var thirds: [Sample]? {
    let members = members.compactMap { $0.evaluation.flatMap(Self.thirds) }
    guard !members.isEmpty else { return nil }
    return (0..<3).map { third in Sample(members.map { $0[third] }) }
  }

  private static func thirds(_ evaluation: JSONValue) -> [Double]? {
    guard let counts = evaluation["trainingExamples"]?.array?.compactMap(\.int),
      let rows = evaluation["confusion"]?.array, rows.count == counts.count, counts.count >= 3,
      let least = counts.min(), let most = counts.max(), 2 * least < most
    else { return nil }
    let recall = rows.enumerated().map { index, row in
      let row = (row.array ?? []).map { $0.int ?? 0 }
      return Double(row.indices.contains(index) ? row[index] : 0) / Double(max(1, row.reduce(0, +)))
    }
    let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
    let cuts = (0...3).map { (2 * $0 * counts.count + 3) / 6 }
    return (0..<3).map { third in
      let classes = order[cuts[third]..<cuts[third + 1]]
      return classes.reduce(0) { $0 + recall[$1] } / Double(classes.count)
    }
  }
}

/// Numbers that differ by seed alone.
struct Sample {
  private let values: [Double]

  init(_ values: [Double]) { self.values = values }

  /// Their mean; nil of none.
  var mean: Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Their sample standard deviation; nil of fewer than two.
  var deviation: Double? {
    guard let mean, values.count > 1 else { return nil }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The mean and, where there is one, the deviation, both times `scale`.
  func text(_ digits: Int, times scale: Double = 1) -> String {
    guard let mean else { return "–" }
    let text = fixed(scale * mean, digits)
    return deviation.map { "\(text) ± \(fixed(scale * $0, digits))" } ?? text
  }
}
