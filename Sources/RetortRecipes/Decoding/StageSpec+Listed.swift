import RetortDistillation
import RetortModels
import RetortSchema

extension Key where Root == StageSpec {
  /// The key of several students, each with a name; the default name is that of the model.
  static func students(_ meaning: String) -> Self {
    listed(
      .student, [], meaning,
      read: { $1.students.append(StageSpec.Student($0, besides: $1)) },
      write: { stage in
        guard stage.student == nil else { return [] }
        return stage.students.map { [YAMLEntry("name", YAMLText.word($0.name))] + $0.spec.entries }
      })
  }

  /// The key of several teachers, each with a name; the default name is that of the model.
  static func teachers(_ meaning: String) -> Self {
    listed(
      .teacher, [StageSpec.Teacher.weight, ModelSpec.expectedAccuracy, ModelSpec.classesInfo],
      meaning,
      read: { $1.teachers.append(StageSpec.Teacher($0, besides: $1)) },
      write: { stage in
        guard stage.teacher == nil else { return [] }
        return stage.teachers.map {
          [
            YAMLEntry("name", YAMLText.word($0.name)),
            YAMLEntry("weight", YAMLText.number($0.weight)),
          ] + $0.spec.entries
        }
      })
  }

  private static func listed(
    _ role: Cast.Role, _ own: [KeyInfo], _ meaning: String,
    read: @escaping @Sendable (MapReader, inout StageSpec) -> Void,
    write: @escaping @Sendable (StageSpec) -> [[YAMLEntry]]
  ) -> Self {
    let key = role.listKey ?? ""
    var info = ModelSpec.info(.student)
    let name = KeyInfo(
      name: "name", type: .text, defaultText: nil,
      meaning: "what results call it, unique among the \(key); its model's name if left out")
    info.keys = [name] + own + info.keys.filter { role == .student || $0.name != "optimizer" }
    return Key(
      [KeyInfo(name: key, type: .list(info), defaultText: nil, meaning: meaning)],
      read: { reader, stage in
        for element in reader.elements(key) ?? [] { read(element, &stage) }
      },
      write: { stage in
        let maps = write(stage).map(YAMLText.map)
        return maps.isEmpty ? [] : [YAMLEntry(key, items: maps)]
      })
  }
}

extension StageSpec.Student {
  /// Decodes a student of `stage`, which has the students before it in the list.
  fileprivate init(_ reader: MapReader, besides stage: StageSpec) {
    let given = reader.text("name")
    var spec = ModelSpec(model: "")
    spec.decodeModel(reader, .student, stage.data.source)
    self.init(reader.name(given, of: spec, as: .student, stage.students.map(\.name)), spec)
  }
}

extension StageSpec.Teacher {
  /// The key of the weight in the mean.
  fileprivate static let weight = KeyInfo(
    name: "weight", type: .number(.positive()), defaultText: "1",
    meaning: "its share of the mean of several")

  /// Decodes a teacher of `stage`, which has the teachers before it in the list.
  fileprivate init(_ reader: MapReader, besides stage: StageSpec) {
    let (given, weight) = (reader.text("name"), reader.number("weight", .positive()) ?? 1)
    let spec = ModelSpec(reader, as: .teacher, teaches: true, on: stage.data.source)
    let name = reader.name(given, of: spec, as: .teacher, stage.teachers.map(\.name))
    self.init(name, spec, weight: weight)
  }
}

extension MapReader {
  /// The name of a listed model: the given one, else its model's; adds faults for a bad or a duplicate name.
  fileprivate func name(
    _ given: String?, of spec: ModelSpec, as role: Cast.Role, _ others: [String]
  ) -> String {
    let name = given ?? spec.usualName
    let place = value("name")?.place ?? node.place
    if given == nil, case .stage = spec.source {
      require("name")
    } else if others.contains(name) {
      faults.add(
        place, .rule("two \(role.rawValue)s are called '\(name)'. Give one another 'name'."))
    }
    let roles = Cast.Role.allCases.filter { $0 != role }.map(\.rawValue)
    let isGood = name.hasOnlyLettersDigits(and: "-_")
    if given != nil, !isGood || name.isEmpty || name.utf8.count > 50 || roles.contains(name) {
      faults.add(
        place,
        .rule(
          "'\(name)' is no name of a \(role.rawValue): up to 50 letters, digits, '-' and '_', and no "
            + "other role"))
    }
    return name
  }
}

extension Cast.Role {
  /// The key for a list of models of the role; nil for roles that only one model has.
  var listKey: String? {
    switch self {
    case .student, .teacher: rawValue + "s"
    case .generator, .discriminator: nil
    }
  }

  /// Whether a model of another program can be this.
  var readsFiles: Bool { self != .discriminator }

  /// Whether a model of the catalog can be this.
  func takes(_ model: ModelEntry.Role) -> Bool {
    switch self {
    case .student, .teacher: model.outputs != nil
    case .generator: [.generator, .denoiser, .decoder].contains(model)
    case .discriminator: model == .discriminator || model == .pairDiscriminator
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
