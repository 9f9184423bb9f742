/// The content of a page: its runs, and their stages with names and looks that are the same throughout the
/// page.
struct PageModel {
  /// One student, teacher, generator or discriminator over its seeds.
  struct Entry {
    let group: StageGroup
    /// A name that is unique among entries of its kind.
    let label: String
    /// The index among entries of its kind, which determines its look.
    let look: Int
  }

  /// The entries of one kind, under a title.
  struct Cast {
    let title: String
    let entries: [Entry]
  }

  let runs: [RunRecord]
  let students: [Entry]
  let teachers: [Entry]
  let generators: [Entry]
  let discriminators: [Entry]
  /// Stages whose kind is unknown.
  let others: [Entry]

  init(_ runs: [RunRecord]) {
    self.runs = runs
    let groups = StageGroup.all(of: runs)
    func entries(_ role: ResultRecord.Role?) -> [Entry] {
      let groups = groups.filter { $0.role == role }
      return zip(groups, StageGroup.labels(groups)).enumerated().map { look, entry in
        Entry(group: entry.0, label: entry.1, look: look)
      }
    }
    (students, teachers) = (entries(.student), entries(.teacher))
    (generators, discriminators) = (entries(.generator), entries(.discriminator))
    others = entries(nil)
  }

  /// All entries by kind, without empty kinds.
  var casts: [Cast] {
    [
      Cast(title: "Students", entries: students), Cast(title: "Teachers", entries: teachers),
      Cast(title: "Generators", entries: generators),
      Cast(title: "Discriminators", entries: discriminators),
      Cast(title: "Other stages", entries: others),
    ].filter { !$0.entries.isEmpty }
  }

  /// All entries.
  var entries: [Entry] { casts.flatMap(\.entries) }

  /// The students with a score, or else the teachers with one.
  var scored: [Entry] {
    func scored(_ entries: [Entry]) -> [Entry] { entries.filter { $0.group.accuracy.count > 0 } }
    let students = scored(students)
    return students.isEmpty ? scored(teachers) : students
  }

  /// The scored entry with the highest mean accuracy.
  var best: Entry? {
    scored.max { ($0.group.accuracy.mean ?? 0) < ($1.group.accuracy.mean ?? 0) }
  }

  /// Sentences about the runs' files that could not be used.
  var damage: [String] {
    runs.flatMap { run in
      let lines =
        run.damagedLines > 0
        ? [
          "\(ReportNumber.count(run.damagedLines, "damaged line")) of metrics.jsonl left out."
        ] : []
      return (lines + run.stages.flatMap(\.damage)).map {
        runs.count > 1 ? "\(run.name): \($0)" : $0
      }
    }
  }
}
