import RetortDistillation
import RetortSchema

extension StageDecoder {
  /// Takes away the players that a stage makes no use of; it is a fault unless another stage that inherits
  /// them does.
  func removeIdlePlayers(_ stage: inout StageSpec, _ reader: MapReader) {
    let decodes = stage.trained == .generator || stage.explore?.kind.needsGenerator == true
    if stage.generator != nil, !decodes {
      let orders = Exploration.Kind.allCases.filter(\.needsGenerator).map { "'\($0.rawValue)'" }
      setAside(
        .generator, stage, reader,
        need: "an exploration that decodes (\(orders.joined(separator: ", ")))")
      stage.generator = nil
    } else {
      keep(.generator, reader)
    }
    if stage.teacher != nil, stage.trained == .generator {
      setAside(.teacher, stage, reader, need: "a student")
      stage.teacher = nil
    } else {
      keep(.teacher, reader)
    }
  }

  /// The name by which the use of a player is counted, besides the use of its keys.
  private func mark(_ role: StageSpec.Player) -> String { "the \(role.rawValue)" }

  private func keep(_ role: StageSpec.Player, _ reader: MapReader) {
    guard reader.has(role.rawValue) else { return }
    faults.use(reader.place(role.rawValue), mark(role))
  }

  private func setAside(
    _ role: StageSpec.Player, _ stage: StageSpec, _ reader: MapReader, need: String
  ) {
    faults.addIdle(
      reader.place(role.rawValue), mark(role),
      .unusedPlayer(role.rawValue, stage: stage.name, need: need))
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
