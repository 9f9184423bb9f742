/// What a page is about: its runs, and their stages with the names and looks that they have
/// everywhere on it.
struct PageModel {
  /// One student, teacher, generator or discriminator over its seeds.
  struct Entry {
    let group: StageGroup
    /// A name that no other of its kind has.
    let label: String
    /// Its place among its kind, and so its look.
    let look: Int
  }

  /// Entries of a kind, under a title.
  struct Cast {
    let title: String
    let entries: [Entry]
  }

  let runs: [RunRecord]
  let students: [Entry]
  let teachers: [Entry]
  let generators: [Entry]
  let discriminators: [Entry]
  /// Stages of which neither result nor recipe tells what they train.
  let others: [Entry]

  init(_ runs: [RunRecord]) {
    self.runs = runs
    let groups = StageGroup.all(of: runs)
    func entries(_ player: ResultRecord.Player?) -> [Entry] {
      let groups = groups.filter { $0.player == player }
      return zip(groups, StageGroup.labels(groups)).enumerated().map { look, entry in
        Entry(group: entry.0, label: entry.1, look: look)
      }
    }
    (students, teachers) = (entries(.student), entries(.teacher))
    (generators, discriminators) = (entries(.generator), entries(.discriminator))
    others = entries(nil)
  }

  /// All entries by kind; no kind without any.
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

  /// The students that have ended, or the teachers where no student has.
  var scored: [Entry] {
    func scored(_ entries: [Entry]) -> [Entry] { entries.filter { $0.group.accuracy.count > 0 } }
    let students = scored(students)
    return students.isEmpty ? scored(teachers) : students
  }

  /// The scored entry whose mean accuracy is highest.
  var best: Entry? {
    scored.max { ($0.group.accuracy.mean ?? 0) < ($1.group.accuracy.mean ?? 0) }
  }

  /// What could not be used of the runs' files.
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
