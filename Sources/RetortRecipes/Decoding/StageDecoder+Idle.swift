import RetortDistillation
import RetortSchema

extension StageDecoder {
  /// Takes away the models that a stage makes no use of; it is a fault unless another stage that inherits
  /// them does.
  func removeIdleModels(_ stage: inout StageSpec, _ reader: MapReader) {
    let scheme = type(of: stage.scheme)
    let another = "another 'scheme' than '\(scheme.explanation.name)'"
    let decodes = scheme.helpers.contains(.generator) && stage.explore?.kind.needsGenerator == true
    if stage.generator != nil, !decodes, !scheme.learners.contains(.generator) {
      let orders = Exploration.Kind.allCases.filter(\.needsGenerator).map { "'\($0.rawValue)'" }
      let exploration = "an exploration that decodes (\(orders.joined(separator: ", ")))"
      setAside(
        .generator, stage, reader, need: scheme.helpers.contains(.generator) ? exploration : another
      )
      stage.generator = nil
    } else {
      keep(.generator, reader)
    }
    let isTrained = scheme.learners.contains(.student) && stage.students.isEmpty
    if !stage.teachers.isEmpty, !scheme.helpers.contains(.teacher), !isTrained {
      setAside(
        .teacher, stage, reader, need: stage.givenScheme == nil ? "a student" : another)
      stage.teachers = []
    } else {
      keep(.teacher, reader)
    }
    if stage.discriminator != nil, !scheme.learners.contains(.discriminator) {
      setAside(.discriminator, stage, reader, need: another)
      stage.discriminator = nil
    } else {
      keep(.discriminator, reader)
    }
    if !stage.students.isEmpty, !scheme.learners.contains(.student) {
      setAside(.student, stage, reader, need: another)
      stage.students = []
    } else {
      keep(.student, reader)
    }
  }

  /// The name by which the use of a model is counted, besides the use of its keys.
  private func mark(_ role: Cast.Role) -> String { "the \(role.rawValue)" }

  /// The key of a role's models in a stage.
  private func key(_ role: Cast.Role, _ reader: MapReader) -> String {
    role.listKey.flatMap { reader.has($0) ? $0 : nil } ?? role.rawValue
  }

  private func keep(_ role: Cast.Role, _ reader: MapReader) {
    let key = key(role, reader)
    guard reader.has(key) else { return }
    faults.use(reader.place(key), mark(role))
  }

  private func setAside(
    _ role: Cast.Role, _ stage: StageSpec, _ reader: MapReader, need: String
  ) {
    faults.addIdle(
      reader.place(key(role, reader)), mark(role),
      .unusedModel(role.rawValue, stage: stage.name, need: need))
  }

  /// Notes a fault where a search would have to keep more than the logits of one teacher.
  func checkKept(_ explore: Exploration, _ stage: StageSpec, _ reader: MapReader) {
    let kept = [("replay", explore.replay != nil), ("variants", explore.variants != nil)]
    for (key, isGiven) in kept where isGiven {
      guard let node = reader.value("explore")?[key] else { continue }
      func refuse(_ reason: String) {
        faults.add(node.place, .rule("'\(key)' keeps what one teacher says of examples, \(reason)"))
      }
      if stage.teachers.count > 1 {
        refuse("and stage '\(stage.name)' has \(stage.teachers.count); take it away")
      }
      for loss in stage.losses where type(of: loss.loss).needsTeacher {
        guard !loss.loss.taps.isEmpty || type(of: loss.loss).needsLiveTeacher else { continue }
        refuse("which is not all that loss '\(loss.name)' needs; take one of both away")
      }
    }
  }

  /// Notes a fault where losses do not learn from logits alone, whose gradients a choice is made up for by.
  func checkImportance(_ explore: Exploration, _ stage: StageSpec, _ reader: MapReader) {
    guard let importance = explore.proposals?.importance, importance > 0 else { return }
    for loss in stage.losses where type(of: loss.loss).needsTeacher && !loss.loss.taps.isEmpty {
      let node = reader.value("explore")?["proposals"]?["importance"] ?? reader.value("explore")
      faults.add(
        (node ?? reader.node).place,
        .rule(
          "'importance' weighs what losses learn of logits, and loss '\(loss.name)' compares features; take one "
            + "of both away"))
    }
  }

  /// Notes a fault where a batch is too small for the exploration.
  func checkCount(_ explore: Exploration, _ stage: StageSpec, _ reader: MapReader) {
    let batch = stage.train.batch
    let place = (reader.value("explore")?["ratio"] ?? reader.value("explore") ?? reader.node).place
    if Double(batch) * explore.ratio < 0.5 {
      faults.add(
        place,
        .outOfRange(
          "explore.ratio", found: YAMLText.number(explore.ratio),
          allowed:
            "at least \(YAMLText.number(0.5 / Double(batch))), for one new example in a batch of \(batch)"
        ))
    }
    if explore.kind == .mixup, batch < 2 {
      faults.add(
        reader.value("train")?["batch"]?.place ?? place,
        .outOfRange(
          "train.batch", found: "\(batch)", allowed: "at least 2, for there to be a blend"))
    }
  }
}
