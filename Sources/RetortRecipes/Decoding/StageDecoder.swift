import RetortData
import RetortDistillation

/// Makes typed stages of maps and checks what spans several of their parts.
struct StageDecoder {
  /// The keys of a stage besides `name` and `arms`.
  static let keys = [
    "data", "teacher", "generator", "student", "losses", "explore", "augment", "optimizer", "train",
    "checkpoints",
  ]

  let faults: FaultList
  /// The stages so far.
  private(set) var stages: [StageSpec] = []

  init(_ faults: FaultList) { self.faults = faults }

  /// Decodes one stage; its own unknown keys are the caller's business.
  mutating func add(_ node: RecipeNode, name: String) {
    let reader = MapReader(node, "", faults)
    var stage = StageSpec(name: name)
    if let inner = inner("data", reader) { stage.data = DataSpec(inner) }
    stage.teacher = inner("teacher", reader).map { PlayerSpec($0, as: .teacher) }
    stage.generator = inner("generator", reader).map { PlayerSpec($0, as: .generator) }
    stage.student = inner("student", reader).map { PlayerSpec($0, as: .student) }
    if let inner = inner("augment", reader) { stage.augment = Augmentation(inner) }
    if let inner = inner("optimizer", reader) { stage.optimizer = OptimizerSpec(inner) }
    if let inner = inner("train", reader) { stage.train = TrainSpec(inner) }
    if let inner = inner("checkpoints", reader) { stage.checkpoints = CheckpointSpec(inner) }
    let losses = reader.value("losses").map { LossSpec.list($0, faults) }
    if let losses {
      stage.losses = losses.map(\.loss)
    } else if stage.trained == .generator {
      stage.losses = [.variational()]
    }
    stage.explore = inner("explore", reader).flatMap { Exploration($0) }
    checkPlayers(stage, reader)
    checkLosses(stage, losses ?? [], reader)
    checkExploration(stage, reader)
    checkAveraging(stage, reader)
    if stages.contains(where: { $0.name == name }) {
      faults.add(node.place, .duplicateStage(name))
    }
    stages.append(stage)
  }

  private func inner(_ key: String, _ reader: MapReader) -> MapReader? {
    reader.value(key).map { MapReader($0, key, faults) }
  }

  private func checkPlayers(_ stage: StageSpec, _ reader: MapReader) {
    let players: [(StageSpec.Player, PlayerSpec?)] = [
      (.teacher, stage.teacher), (.generator, stage.generator), (.student, stage.student),
    ]
    if players.allSatisfy({ $0.1 == nil }) || (stage.teacher == nil && stage.trained == .teacher) {
      faults.add(reader.node.place, .nothingToTrain(stage: stage.name))
    }
    for case (let role, let player?) in players {
      guard case .stage(let name) = player.source else { continue }
      let place = reader.value(role.rawValue)?["from"]?.place ?? reader.node.place
      guard let earlier = stages.first(where: { $0.name == name }) else {
        faults.add(
          place,
          .unknownStage(
            name, neededBy: stage.name, nearest: nearest(to: name, in: stages.map(\.name))))
        continue
      }
      if (earlier.trained == .generator) != (role == .generator) {
        faults.add(
          place, .wrongPlayer(name, trains: earlier.trained.rawValue, wanted: role.rawValue))
      }
    }
  }

  private func checkLosses(
    _ stage: StageSpec, _ losses: [(loss: LossSpec, place: RecipeFault.Place)],
    _ reader: MapReader
  ) {
    for (loss, place) in losses {
      let fits =
        switch loss {
        case .crossEntropy: stage.trained != .generator
        case .softTargets: stage.trained == .student
        case .variational: stage.trained == .generator
        }
      guard fits else {
        faults.add(
          place,
          .wrongLoss(loss.kind, trains: stage.trained.rawValue, stage: stage.name))
        continue
      }
      guard case .softTargets = loss else { continue }
      if let teacher = stage.teacher {
        requireWeights(teacher, .teacher, stage, reader)
      } else {
        faults.add(place, .needs("loss 'kd'", what: "a teacher", stage: stage.name))
      }
    }
  }

  private func checkExploration(_ stage: StageSpec, _ reader: MapReader) {
    guard let explore = stage.explore, let node = reader.value("explore") else { return }
    let order = "exploration '\(explore.order.rawValue)'"
    guard stage.trained == .student else {
      faults.add(node.place, .needs(order, what: "a student", stage: stage.name))
      return
    }
    let hasSoftTargets = stage.losses.contains { if case .softTargets = $0 { true } else { false } }
    if !hasSoftTargets {
      faults.add(node.place, .needs(order, what: "a loss of kind 'kd'", stage: stage.name))
    }
    guard explore.order.needsGenerator else { return }
    if let generator = stage.generator {
      requireWeights(generator, .generator, stage, reader)
    } else {
      faults.add(node.place, .needs(order, what: "a generator", stage: stage.name))
    }
  }

  private func checkAveraging(_ stage: StageSpec, _ reader: MapReader) {
    guard let averaging = stage.optimizer.averaging, case .steps(let steps) = stage.train.length,
      averaging.from >= steps
    else { return }
    let node = reader.value("optimizer")?["average"]?["from"] ?? reader.node
    faults.add(
      node.place,
      .outOfRange(
        "optimizer.average.from", found: "\(averaging.from)",
        allowed: "less than the \(steps) steps of stage '\(stage.name)'"))
  }

  private func requireWeights(
    _ player: PlayerSpec, _ role: StageSpec.Player, _ stage: StageSpec, _ reader: MapReader
  ) {
    guard player.source == .untrained else { return }
    faults.add(
      reader.value(role.rawValue)?.place ?? reader.node.place,
      .noWeights(role.rawValue, stage: stage.name))
  }
}
