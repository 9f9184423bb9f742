import RetortData
import RetortDistillation
import RetortFormats
import RetortSchema

/// Makes typed stages of maps and checks what spans several of their parts.
struct StageDecoder {
  let faults: FaultList
  /// The stages so far.
  private(set) var stages: [StageSpec] = []
  /// What was decided for the user, a sentence each.
  private(set) var notes: [String] = []

  init(_ faults: FaultList) { self.faults = faults }

  /// Decodes one stage; its own unknown keys are the caller's business.
  mutating func add(_ node: RecipeNode, name: String) {
    let reader = MapReader(node, "", faults)
    let known = faults.faults.count
    var stage = StageSpec(name: name, losses: [])
    stage.read(reader)
    if stage.losses.isEmpty { stage.losses = usualLosses(stage) }
    checkPlayers(stage, reader)
    noteMissingFiles(stage)
    // Of a player that is wrong in itself nothing more need be said.
    if faults.faults.count == known {
      removeIdlePlayers(&stage, reader)
      if stage.trained == .student, let teacher = stage.teacher {
        requireWeights(teacher, .teacher, stage, reader)
      }
    }
    checkLosses(stage, reader)
    if faults.faults.count == known {
      let data = stage.data.source
      TapCheck(
        faults: faults, earlier: stages, examples: data.examples, classes: data.classCount ?? 2
      ).check(stage, reader)
    }
    checkExploration(stage, reader)
    checkTraining(stage, reader)
    if stages.contains(where: { $0.name == name }) {
      faults.add(node.place, .duplicateStage(name))
    }
    stages.append(stage)
  }

  /// Says which files of examples are not there yet; a check does without them.
  private mutating func noteMissingFiles(_ stage: StageSpec) {
    for file in stage.data.source.files where !FileBytes.isReadable(file) {
      let note = "dataset '\(stage.data.name)' reads \(file), which is not there"
      if !notes.contains(note) { notes.append(note) }
    }
  }

  /// The losses of a stage that names none.
  private mutating func usualLosses(_ stage: StageSpec) -> [NamedLoss] {
    switch stage.trained {
    case .generator: return [NamedLoss(VariationalLoss())]
    case .teacher: return [NamedLoss(CrossEntropyLoss())]
    case .student:
      guard let teacher = stage.teacher, teacher.hasWeights else {
        return [NamedLoss(CrossEntropyLoss())]
      }
      notes.append(
        "stage '\(stage.name)' names no losses and has a teacher: its student learns from labels "
          + "(cross-entropy) and from the teacher (kd)")
      return [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())]
    }
  }

  private func checkPlayers(_ stage: StageSpec, _ reader: MapReader) {
    if stage.players.isEmpty || (stage.teacher == nil && stage.trained == .teacher) {
      faults.add(reader.node.place, .nothingToTrain(stage: stage.name))
    }
    for (role, player) in stage.players {
      let node = reader.value(role.rawValue)
      let nodes: [RecipeNode?] = player.members.isEmpty ? [node] : node?["ensemble"]?.elements ?? []
      if role == stage.trained, !player.members.isEmpty {
        faults.add(
          node?.place ?? reader.node.place,
          .rule(
            "an ensemble teaches; it cannot be trained. Train its models in stages of their own."))
      }
      for case (let part, .stage(let name)) in zip(nodes, player.parts.map(\.source)) {
        checkSource(name, of: role, stage, at: part?["from"]?.place ?? reader.node.place)
      }
    }
  }

  /// Notes a fault where no earlier stage trains what a model is to be.
  private func checkSource(
    _ name: String, of role: StageSpec.Player, _ stage: StageSpec, at place: RecipeFault.Place
  ) {
    guard let earlier = stages.first(where: { $0.name == name }) else {
      faults.add(
        place,
        .unknownStage(
          name, neededBy: stage.name, nearest: nearest(to: name, in: stages.suffix(50).map(\.name)))
      )
      return
    }
    if (earlier.trained == .generator) != (role == .generator) {
      faults.add(
        place, .wrongPlayer(name, trains: earlier.trained.rawValue, wanted: role.rawValue))
    }
  }

  private func checkLosses(_ stage: StageSpec, _ reader: MapReader) {
    let nodes = reader.value("losses")?.elements ?? []
    for (index, loss) in stage.losses.enumerated() {
      let node = nodes.indices.contains(index) ? nodes[index] : nil
      // Of a loss that is wrong in itself nothing more need be said.
      guard node == nil || node?["kind"]?.text == loss.kind else { continue }
      let place = node?.place ?? reader.node.place
      if stage.losses[..<index].contains(where: { $0.name == loss.name }) {
        faults.add(place, .duplicateLoss(loss.name, in: "losses"))
      }
      let kind = type(of: loss.loss)
      let fits =
        kind.trainsGenerator == (stage.trained == .generator)
        && (!kind.needsTeacher || stage.trained == .student)
      guard fits else {
        faults.add(
          place, .wrongLoss(loss.kind, trains: stage.trained.rawValue, stage: stage.name))
        continue
      }
      guard kind.needsTeacher else { continue }
      if let teacher = stage.teacher {
        requireWeights(teacher, .teacher, stage, reader)
      } else {
        faults.add(place, .needs("loss '\(loss.kind)'", what: "a teacher", stage: stage.name))
      }
    }
  }

  private func checkExploration(_ stage: StageSpec, _ reader: MapReader) {
    // Of an exploration that is wrong in itself nothing more need be said.
    guard let explore = stage.explore, let node = reader.value("explore"),
      node["kind"]?.text == explore.kind.rawValue
    else { return }
    let kind = "exploration '\(explore.kind.rawValue)'"
    guard case .image = stage.data.source.examples else {
      faults.add(node.place, .needsPictures(kind, dataset: stage.data.name))
      return
    }
    guard stage.trained == .student else {
      faults.add(node.place, .needs(kind, what: "a student", stage: stage.name))
      return
    }
    if !stage.losses.contains(where: { type(of: $0.loss).needsTeacher }) {
      faults.add(
        node.place, .needs(kind, what: "a loss on the teacher, such as 'kd'", stage: stage.name))
    }
    checkCount(explore, stage, reader)
    guard explore.kind.needsGenerator else { return }
    if let generator = stage.generator {
      requireWeights(generator, .generator, stage, reader)
    } else {
      faults.add(node.place, .needs(kind, what: "a generator", stage: stage.name))
    }
  }

  private func checkTraining(_ stage: StageSpec, _ reader: MapReader) {
    if stage.augment != .none, case .tokens = stage.data.source.examples {
      faults.add(reader.place("augment"), .needsPictures("'augment'", dataset: stage.data.name))
    }
    let train = reader.value("train") ?? reader.node
    if stage.data.validation == 0 {
      if stage.train.kept == .best {
        faults.add(
          train["keep"]?.place ?? train.place,
          .needs("'keep: best'", what: "'data.validation'", stage: stage.name))
      }
      if stage.train.patience != nil {
        faults.add(
          train["patience"]?.place ?? train.place,
          .needs("'patience'", what: "'data.validation'", stage: stage.name))
      }
    }
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
    guard !player.hasWeights else { return }
    faults.add(
      reader.value(role.rawValue)?.place ?? reader.node.place,
      .noWeights(role.rawValue, stage: stage.name))
  }
}
