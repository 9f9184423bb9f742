import RetortModels
import RetortNN
import RetortSchema

extension Key where Root == StageSpec {
  /// A model of a stage, by its role.
  static func player(
    _ role: StageSpec.Player, _ target: KeyTarget<StageSpec, PlayerSpec?>, _ meaning: String
  ) -> Self {
    let name = role.rawValue
    return Key(
      [
        KeyInfo(
          name: name, type: .map(PlayerSpec.info(role)), defaultText: nil, meaning: meaning)
      ],
      read: { reader, stage in
        let teaches = role == .teacher && reader.has(StageSpec.Player.student.rawValue)
        if let inner = reader.inner(name) {
          stage[keyPath: target] = PlayerSpec(inner, as: role, teaches: teaches)
        }
      },
      write: { stage in
        stage[keyPath: target].map { [YAMLEntry(name, YAMLText.map($0.entries))] } ?? []
      })
  }
}

extension PlayerSpec {
  /// The model that a map describes, with all its options; an empty name if it is unknown.
  ///
  /// - Parameter teaches: Whether a teacher teaches in this stage, rather than being trained.
  init(_ reader: MapReader, as role: StageSpec.Player, teaches: Bool) {
    self.init(model: "")
    reader.exclude(["weights", "from"])
    reader.exclude(["model", "from"])
    if role == .teacher, teaches {
      expectedAccuracy = reader.number("expected-accuracy", .unit)
    } else if role == .teacher {
      reader.misplaced(
        ["expected-accuracy"], with: "no student", belongTo: ["a teacher that teaches one"])
    }
    if let path = reader.path("weights") { source = .file(path) }
    if let stage = reader.text("from") {
      source = .stage(stage)
      reader.pass(over: ["model"])
      reader.finish()
      return
    }
    reader.require("model")
    guard let name = reader.text("model") else { return }
    do throws(ModelError) {
      let entry = try ModelCatalog.entry(name)
      model = name
      decodeOptions(entry, reader, role)
    } catch {
      reader.faults.add(reader.value("model")?.place ?? reader.node.place, .rule("\(error)"))
    }
  }

  private mutating func decodeOptions(
    _ entry: ModelEntry, _ reader: MapReader, _ role: StageSpec.Player
  ) {
    let count = reader.faults.faults.count
    for option in entry.options {
      options[option.name] = option.value(in: reader) ?? option.standard
    }
    reader.finish()
    let place = reader.value("model")?.place ?? reader.node.place
    let wanted: ModelEntry.Role = role == .generator ? .generator : .classifier
    guard entry.role == wanted else {
      reader.faults.add(
        place,
        .wrongRole(
          reader.path, model: entry.name, role: entry.role.rawValue, wanted: wanted.rawValue))
      return
    }
    guard reader.faults.faults.count == count else { return }
    do throws(ModelError) {
      _ = try entry.make(
        options, image: ImageSize(height: 28, width: 28, channels: 1), classes: 10)
    } catch {
      reader.faults.add(place, .rule("\(error)"))
    }
  }
}

extension PlayerSpec {
  /// What is known of the map of a model of the given role, whatever model it is.
  static func info(_ role: StageSpec.Player) -> MapInfo {
    let wanted: ModelEntry.Role = role == .generator ? .generator : .classifier
    let models = ModelCatalog.all.filter { $0.role == wanted }
    var keys = [
      KeyInfo(
        name: "model", type: .choice(models.map(\.name)), defaultText: nil,
        meaning: "a name of 'retort list models'"),
      KeyInfo(
        name: "weights", type: .path, defaultText: nil,
        meaning: "a file of weights, or the folder of a trained model, a stage or a run"),
      KeyInfo(
        name: "from", type: .text, defaultText: nil,
        meaning: "an earlier stage, whose model and weights are taken"),
    ]
    if role == .teacher {
      keys.append(
        KeyInfo(
          name: "expected-accuracy", type: .number(.unit), defaultText: nil,
          meaning: "the test accuracy below which a teacher is refused"))
    }
    for option in models.flatMap(\.options) where !keys.contains(where: { $0.name == option.name })
    {
      var info = option.info
      info.owners = models.filter { $0.options.contains { $0.name == option.name } }.map(\.name)
      keys.append(info)
    }
    return MapInfo(keys: keys, identities: ["model", "from"], shorthand: "model")
  }

  /// The written map.
  var entries: [YAMLEntry] {
    var entries: [YAMLEntry]
    switch source {
    case .untrained: entries = [YAMLEntry("model", YAMLText.word(model))]
    case .file(let path):
      entries = [
        YAMLEntry("model", YAMLText.word(model)), YAMLEntry("weights", YAMLText.word(path)),
      ]
    case .stage(let name): entries = [YAMLEntry("from", YAMLText.word(name))]
    }
    if let expectedAccuracy {
      entries.append(YAMLEntry("expected-accuracy", YAMLText.number(expectedAccuracy)))
    }
    return entries
      + options.sorted { $0.key < $1.key }.map { YAMLEntry($0.key, YAMLText.number($0.value)) }
  }
}

extension ModelOption {
  /// The option as a key of a recipe.
  var info: KeyInfo {
    let type: KeyType =
      isWhole
      ? .wholeNumber(Int(range.lowerBound)...Int(range.upperBound))
      : .number(NumberRange(range.lowerBound, range.upperBound))
    return KeyInfo(
      name: name, type: type, defaultText: YAMLText.number(standard), meaning: summary)
  }

  /// The value that a map gives it; nil for none.
  fileprivate func value(in reader: MapReader) -> Double? {
    switch info.type {
    case .wholeNumber(let range): reader.int(name, range).map(Double.init)
    default: reader.number(name, NumberRange(range.lowerBound, range.upperBound))
    }
  }
}
