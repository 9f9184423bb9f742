/// The stages of several runs that differ in their seeds only: one student, teacher or generator with its
/// spread.
///
/// Stages belong to one group if their names, numbers of labels and recipes agree, except for the recipes'
/// names and seeds.
struct StageGroup {
  /// A stage with its run.
  struct Member {
    let run: RunRecord
    let stage: StageRecord
  }

  /// The stage's name; variants have names `stage/variant`.
  let stage: String
  /// The number of labelled training examples; nil until a member has been completed.
  private(set) var labels: Int?
  /// The stages, in the order of the runs.
  private(set) var members: [Member] = []

  /// All stages of `runs` in the order in which they first appear.
  static func all(of runs: [RunRecord]) -> [StageGroup] {
    struct Key: Hashable { let stage, recipe: String }
    var groups: [StageGroup] = []
    var places: [Key: [Int]] = [:]
    for run in runs {
      for stage in run.stages {
        let key = Key(stage: stage.name, recipe: stage.recipeKey)
        let labels = stage.result?.labelledExamples
        let place = places[key, default: []].first {
          labels == nil || groups[$0].labels == nil || groups[$0].labels == labels
        }
        if let place {
          groups[place].members.append(Member(run: run, stage: stage))
          groups[place].labels = groups[place].labels ?? labels
        } else {
          places[key, default: []].append(groups.count)
          groups.append(
            StageGroup(
              stage: stage.name, labels: labels, members: [Member(run: run, stage: stage)]))
        }
      }
    }
    return groups
  }

  /// The groups of students completed in at least one run, by number of labels, then in the order in which
  /// their stages first appear.
  static func students(of runs: [RunRecord]) -> [StageGroup] {
    let groups = all(of: runs).filter { $0.role == .student && !$0.ended.isEmpty }
    var places: [String: Int] = [:]
    for group in groups where places[group.stage] == nil { places[group.stage] = places.count }
    return groups.enumerated().sorted { one, other in
      func key(_ entry: (offset: Int, element: StageGroup)) -> (Int, Int, Int) {
        (entry.element.labels ?? 0, places[entry.element.stage] ?? 0, entry.offset)
      }
      return key(one) < key(other)
    }.map(\.element)
  }

  /// The role of the trained model; nil if unknown.
  var role: ResultRecord.Role? { members.lazy.compactMap(\.stage.role).first }

  /// The completed members.
  var ended: [StageRecord] { members.map(\.stage).filter { $0.result != nil } }

  /// The test accuracy of each completed member.
  var accuracies: [Double] { ended.compactMap { $0.score?.accuracy } }

  /// The test accuracy over the completed members.
  var accuracy: Sample { Sample(accuracies) }

  /// A sample of one number of each member's result.
  func sample(_ value: (ResultRecord) -> Double?) -> Sample {
    Sample(ended.compactMap { $0.result.flatMap(value) })
  }

  /// The mean of one count of each member's result.
  func count(_ value: (ResultRecord) -> Int?) -> Int? {
    sample { value($0).map(Double.init) }.mean.map { Int(exactly: $0.rounded()) ?? .max }
  }

  /// The mean recalls of the classes' thirds by frequency, over the members; nil if none has any.
  var thirds: [Sample]? {
    let members = ended.compactMap { $0.evaluation?.thirds }
    guard !members.isEmpty else { return nil }
    return (0..<3).map { third in Sample(members.map { $0[third] }) }
  }

  /// The mean over the members of the curve `name`.
  func curve(_ name: String) -> Curve {
    Curve.mean(
      of: members.map { $0.stage.curve(name) }.filter { !$0.points.isEmpty || $0.leftOut > 0 })
  }

  /// The sum of the members' evaluations on the test set.
  var evaluation: EvaluationRecord? { .sum(of: ended.compactMap(\.evaluation)) }
}

extension StageGroup {
  /// The shortest names that tell `groups` apart: the variant alone, or with its stage, its number of labels
  /// or its run.
  static func labels(_ groups: [StageGroup]) -> [String] {
    let candidates: [(StageGroup) -> String?] = [
      { $0.members.first?.stage.variant }, { $0.stage },
      { group in
        group.labels.flatMap { labels in
          group.members.first.map { "\($0.stage.variant), \(ReportNumber.count(labels, "label"))" }
        }
      }, { group in group.members.first.map { "\(group.runs): \($0.stage.variant)" } },
      { "\($0.runs): \($0.stage)" },
    ]
    var labels = groups.map { candidates[0]($0) ?? $0.stage }
    for candidate in candidates.dropFirst() {
      for twins in Dictionary(grouping: labels.indices, by: { labels[$0] }).values
      where twins.count > 1 {
        let longer = twins.map { candidate(groups[$0]) ?? groups[$0].stage }
        // A longer name must tell all of them apart; the last candidate is taken in any case.
        guard Set(longer).count == twins.count else { continue }
        for (index, label) in zip(twins, longer) { labels[index] = label }
      }
    }
    var counts: [String: Int] = [:]
    return labels.map { label in
      counts[label, default: 0] += 1
      let count = counts[label] ?? 1
      return count > 1 ? "\(label) (\(count))" : label
    }
  }

  /// The name of the members' first run, with the number of further ones.
  var runs: String {
    let first = members.first?.run.name ?? ""
    return members.count > 1 ? "\(first) and \(members.count - 1) more" : first
  }
}
