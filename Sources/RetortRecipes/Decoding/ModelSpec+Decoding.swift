import RetortData
import RetortDistillation
import RetortModels
import RetortNN
import RetortSchema

extension Key where Root == StageSpec {
  /// A model of a stage, by its role.
  static func model(
    _ role: Cast.Role, _ target: KeyTarget<StageSpec, ModelSpec?>, _ meaning: String
  ) -> Self {
    let name = role.rawValue
    return Key(
      [
        KeyInfo(
          name: name, type: .map(ModelSpec.info(role)), defaultText: nil, meaning: meaning)
      ],
      read: { reader, stage in
        let teaches = role == .teacher && (reader.has("student") || reader.has("students"))
        if let inner = reader.inner(name) {
          stage[keyPath: target] = ModelSpec(
            inner, as: role, teaches: teaches, on: stage.data.source)
        }
      },
      write: { stage in
        stage[keyPath: target].map { [YAMLEntry(name, YAMLText.map($0.entries))] } ?? []
      })
  }
}

extension ModelSpec {
  /// The model that a map describes, with all its options; an empty name if it is unknown.
  ///
  /// - Parameters:
  ///   - teaches: Whether a teacher teaches in this stage, rather than being trained.
  ///   - data: What it is to take.
  init(
    _ reader: MapReader, as role: Cast.Role, teaches: Bool, on data: any NamedDataset
  ) {
    self.init(model: "")
    if role == .teacher, teaches {
      expectedAccuracy = reader.number(Self.expectedAccuracy.name, .unit)
      classes = reader.int(Self.classesInfo.name, Self.classCounts)
      reader.exclude([Self.classesInfo.name, Self.expectedAccuracy.name])
    } else if role == .teacher {
      reader.misplaced(
        [Self.expectedAccuracy.name, Self.classesInfo.name], with: "no student",
        belongTo: ["a teacher that teaches one"])
    }
    decodeModel(reader, role, data)
  }

  /// One model, its options and its weights.
  ///
  /// Whether it has an optimizer of its own depends on the whole stage.
  mutating func decodeModel(
    _ reader: MapReader, _ role: Cast.Role, _ data: any NamedDataset
  ) {
    reader.pass(over: ["optimizer"])
    reader.exclude(["weights", "from"])
    reader.exclude(["model", "from"])
    if let path = reader.path("weights") {
      source = .file(path)
      keptLayers = reader.ints(Self.keptLayersInfo.name, Self.layers) ?? []
    } else {
      reader.misplaced(
        [Self.keptLayersInfo.name], with: "no 'weights'", belongTo: ["'weights' of a deeper model"])
    }
    if let stage = reader.text("from") {
      source = .stage(stage, learner: reader.text("learner"))
      reader.pass(over: ["model"])
      reader.misplaced(
        ["normalization"], with: "'from'", belongTo: ["the model of the stage it comes from"])
      reader.finish()
      return
    }
    if role.takes(.classifier) {
      normalization = reader.inner("normalization").map(NormalizationSpec.init(from:))
    }
    reader.misplaced(["learner"], with: "a model of its own", belongTo: ["'from'"])
    reader.require("model")
    guard let name = reader.text("model") else {
      reader.pass(over: ModelCatalog.all.flatMap { $0.options.map(\.name) })
      reader.finish()
      return
    }
    let path = ONNXImport.isPath(name) ? reader.path("model") : name
    guard let path else {
      reader.finish()
      return
    }
    do throws(ModelError) {
      let found: ModelSource
      if role == .generator, ONNXImport.isPath(name) {
        normalization = reader.inner("normalization").map(NormalizationSpec.init(from:))
        found = try readGenerator(path, encoder: reader.path(Self.encoderInfo.name))
      } else {
        if role == .generator {
          reader.misplaced(
            [Self.encoderInfo.name, "normalization"], with: "a model of the catalog",
            belongTo: ["a generator from an ONNX file"])
        }
        found = try ModelSource(path)
      }
      model = path
      if case .onnx(let read) = found { file = read }
      if isImported, source == .untrained { source = .file(path) }
      decodeOptions(found, reader, role, data)
    } catch {
      if ONNXImport.isPath(name) { reader.finish() }
      reader.faults.add(reader.value("model")?.place ?? reader.node.place, .rule("\(error)"))
    }
  }

  private mutating func decodeOptions(
    _ found: ModelSource, _ reader: MapReader, _ role: Cast.Role,
    _ data: any NamedDataset
  ) {
    let count = reader.faults.faults.count
    for option in found.options {
      options[option.name] =
        option.value(in: reader) ?? (option.isOmitted ? nil : option.defaultValue)
    }
    reader.finish()
    let place = reader.value("model")?.place ?? reader.node.place
    guard role.takes(found.role) else {
      reader.faults.add(
        place,
        .wrongRole(
          reader.path, model: usualName, role: found.role.rawValue, wanted: role.wantedModel))
      return
    }
    if let layers = options["layers"], !keptLayers.isEmpty, keptLayers.count != Int(layers) {
      reader.faults.add(
        reader.value(Self.keptLayersInfo.name)?.place ?? place,
        .rule(
          "'\(Self.keptLayersInfo.name)' names \(keptLayers.count) layers, but 'layers' of '\(reader.path)' is "
            + "\(Int(layers))"))
    }
    guard reader.faults.faults.count == count else { return }
    do throws(ModelError) {
      // Where only the files of the data say how many classes there are, any number will do.
      let classes = data.classCount ?? found.classes(for: data.examples) ?? 2
      _ = try make(found, for: data.examples, classes: classes)
    } catch {
      reader.faults.add(place, .rule("\(error)"))
    }
  }
}

extension ModelSpec {
  /// What is known of the map of a model of the given role, whatever model it is.
  static func info(_ role: Cast.Role) -> MapInfo {
    let models = ModelCatalog.all.filter { role.takes($0.role) }
    var keys = [
      KeyInfo(
        name: "model",
        type: role.readsFiles
          ? .choiceOrFile(models.map(\.name), suffix: ".onnx") : .choice(models.map(\.name)),
        defaultText: nil,
        meaning: "a name of 'retort list models'"
          + (role.readsFiles ? ", or an ONNX file, whose weights come with it" : "")),
      KeyInfo(
        name: "weights", type: .path, defaultText: nil,
        meaning: "a file of weights, or the folder of a trained model, a stage or a run"),
      KeyInfo(
        name: "from", type: .text, defaultText: nil,
        meaning: "an earlier stage, whose model and weights are taken"),
      KeyInfo(
        name: "learner", type: .text, defaultText: nil,
        meaning: "which model of that stage, where it trains several"),
    ]
    if role.takes(.classifier) { keys.append(keptLayersInfo) }
    if role == .generator { keys.append(encoderInfo) }
    if role.readsFiles { keys.append(normalizationInfo) }
    for option in models.flatMap(\.options) where !keys.contains(where: { $0.name == option.name })
    {
      var info = option.info
      info.owners = models.filter { $0.options.contains { $0.name == option.name } }.map(\.name)
      keys.append(info)
    }
    let optimizer = KeyInfo(
      name: "optimizer", type: .map(OptimizerSpec.mapInfo), defaultText: nil,
      meaning: "how its parameters follow gradients, if not as the stage's")
    guard role == .teacher else {
      return MapInfo(
        keys: keys + [optimizer], identities: ["model", "from"], shorthand: "model")
    }
    return MapInfo(
      keys: Array(keys.prefix(4)) + [expectedAccuracy, classesInfo] + keys.dropFirst(4) + [
        optimizer
      ],
      identities: ["model", "from"], shorthand: "model")
  }

  /// The key of the layers that a model takes from a deeper one.
  private static let keptLayersInfo = KeyInfo(
    name: "keep-layers", type: .wholeNumbers(layers), defaultText: nil,
    meaning: "which layers of deeper 'weights' it begins with, in order, from 0")
  private static let layers = 0...255

  /// The key of an imported generator's encoder.
  private static let encoderInfo = KeyInfo(
    name: "encoder", type: .path, defaultText: nil,
    meaning: "the ONNX file from pictures to codes, where 'model' is one from codes to pictures")

  /// The key of the pictures' normalisation.
  private static let normalizationInfo = KeyInfo(
    name: "normalization", type: .map(NormalizationSpec.mapInfo), defaultText: nil,
    meaning: "what pictures of samples from 0 to 1 become before the model, if not left as they are"
  )

  /// The key of a teacher's expected accuracy.
  static let expectedAccuracy = KeyInfo(
    name: "expected-accuracy", type: .number(.unit), defaultText: nil,
    meaning: "the test accuracy below which a teacher is refused")

  /// The key of a teacher's own classes.
  static let classesInfo = KeyInfo(
    name: "classes", type: .wholeNumber(classCounts), defaultText: nil,
    meaning:
      "how many classes its weights tell apart, if others than the data's; losses compare its features alone"
  )
  private static let classCounts = 1...1_000_000

  /// The written map.
  package var entries: [YAMLEntry] {
    var entries: [YAMLEntry]
    switch source {
    case .untrained: entries = [YAMLEntry("model", YAMLText.word(model))]
    case .file(let path):
      entries =
        [YAMLEntry("model", YAMLText.word(model))]
        + (isImported && path == model ? [] : [YAMLEntry("weights", YAMLText.word(path))])
    case .stage(let name, let learner):
      entries =
        [YAMLEntry("from", YAMLText.word(name))]
        + (learner.map { [YAMLEntry("learner", YAMLText.word($0))] } ?? [])
    }
    if let encoder { entries.append(YAMLEntry(Self.encoderInfo.name, YAMLText.word(encoder))) }
    if !keptLayers.isEmpty {
      entries.append(YAMLEntry(Self.keptLayersInfo.name, "\(keptLayers)"))
    }
    if let normalization {
      entries.append(YAMLEntry("normalization", YAMLText.map(normalization.entries)))
    }
    if let expectedAccuracy {
      entries.append(YAMLEntry(Self.expectedAccuracy.name, YAMLText.number(expectedAccuracy)))
    }
    if let classes { entries.append(YAMLEntry(Self.classesInfo.name, "\(classes)")) }
    entries += options.sorted { $0.key < $1.key }.map {
      YAMLEntry($0.key, YAMLText.number($0.value))
    }
    return entries
      + (optimizer.map { [YAMLEntry("optimizer", YAMLText.map($0.entries))] } ?? [])
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
      name: name, type: type, defaultText: YAMLText.number(defaultValue), meaning: summary)
  }

  /// The value that a map gives it; nil for none.
  fileprivate func value(in reader: MapReader) -> Double? {
    switch info.type {
    case .wholeNumber(let range): reader.int(name, range).map(Double.init)
    default: reader.number(name, NumberRange(range.lowerBound, range.upperBound))
    }
  }
}
