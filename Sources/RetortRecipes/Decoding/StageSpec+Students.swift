import RetortDistillation
import RetortModels
import RetortSchema

extension Key where Root == StageSpec {
  /// The students of a stage that has several, each under its name or else that of its model.
  static func students(_ meaning: String) -> Self {
    let name = "students"
    var info = PlayerSpec.info(.student)
    info.keys.insert(
      KeyInfo(
        name: "name", type: .text, defaultText: nil,
        meaning: "what results call it, unique among the students; its model's name if left out"),
      at: 0)
    return Key(
      [KeyInfo(name: name, type: .list(info), defaultText: nil, meaning: meaning)],
      read: { reader, stage in
        for element in reader.elements(name) ?? [] {
          stage.students.append(StageSpec.Student(element, besides: stage))
        }
      },
      write: { stage in
        guard stage.student == nil, !stage.students.isEmpty else { return [] }
        let maps = stage.students.map { student in
          YAMLText.map([YAMLEntry("name", YAMLText.word(student.name))] + student.spec.entries)
        }
        return [YAMLEntry(name, items: maps)]
      })
  }
}

extension StageSpec.Student {
  /// The student that a map describes, beside those that `stage` has already.
  fileprivate init(_ reader: MapReader, besides stage: StageSpec) {
    let given = reader.text("name")
    var spec = PlayerSpec(model: "")
    spec.decodeModel(reader, .student, stage.data.source)
    self.init(given ?? spec.model, spec)
    let place = reader.value("name")?.place ?? reader.node.place
    if given == nil, case .stage = spec.source {
      reader.require("name")
    } else if stage.students.contains(where: { $0.name == name }) {
      reader.faults.add(
        place, .rule("two students are called '\(name)'. Give one another 'name'."))
    }
    let roles = Cast.Role.allCases.filter { $0 != .student }.map(\.rawValue)
    let isGood = name.hasOnlyLettersDigits(and: "-_")
    if given != nil, !isGood || name.isEmpty || name.utf8.count > 50 || roles.contains(name) {
      reader.faults.add(
        place,
        .rule(
          "'\(name)' is no name of a student: up to 50 letters, digits, '-' and '_', and no other role"
        ))
    }
  }
}

extension Cast.Role {
  /// Whether a model of the catalog can be this.
  func takes(_ model: ModelEntry.Role) -> Bool {
    switch self {
    case .student, .teacher: model == .classifier || model == .encoder
    case .generator: model == .generator || model == .decoder
    case .discriminator: model == .discriminator
    }
  }

  /// What such a model is called.
  var wantedModel: String {
    switch self {
    case .student, .teacher: ModelEntry.Role.classifier.rawValue
    case .generator, .discriminator: rawValue
    }
  }
}
