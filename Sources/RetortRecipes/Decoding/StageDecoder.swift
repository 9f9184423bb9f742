import RetortData
import RetortDistillation
import RetortFormats
import RetortModels
import RetortSchema

/// Makes typed stages of maps and checks what spans several of their parts.
struct StageDecoder {
  let faults: FaultList
  /// The stages so far.
  private(set) var stages: [StageSpec] = []
  /// What was decided for the user, a sentence each.
  private(set) var notes: [String] = []

  init(_ faults: FaultList) { self.faults = faults }

  /// Decodes one stage; unknown keys of the stage itself have been noted by the caller.
  mutating func add(_ node: RecipeNode, name: String) {
    let reader = MapReader(node, "", faults)
    let known = faults.faults.count
    var stage = StageSpec(name: name, losses: [])
    stage.read(reader)
    if let given = stage.givenScheme {
      stage.givenScheme = nil
      if given != SchemeSpec(stage.scheme) { stage.givenScheme = given }
    }
    if stage.losses.isEmpty { stage.losses = usualLosses(stage) }
    readOptimizers(&stage, reader)
    checkModels(stage, reader)
    noteMissingFiles(stage)
    // Of a model that is wrong in itself nothing more need be said.
    if faults.faults.count == known {
      removeIdleModels(&stage, reader)
      if !stage.students.isEmpty { requireWeights(.teacher, stage, reader) }
    }
    if faults.faults.count == known { checkScheme(stage, reader) }
    checkLosses(stage, reader)
    checkOutputs(stage, reader)
    checkClasses(stage, reader)
    if faults.faults.count == known {
      let data = stage.data.source
      let imported = stage.models.lazy.compactMap {
        try? $0.spec.builder().classes(for: data.examples)
      }.first
      let check = ModuleCheck(
        faults: faults, earlier: stages, examples: data.examples,
        classes: data.classCount ?? imported ?? 2)
      check.checkTaps(stage, reader)
      check.checkClassifiers(stage, reader)
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
    let source = stage.data.source
    let missing = (source.files + source.folders).filter {
      !FileBytes.isReadable($0) && !FolderEntries.leadsToFolder($0)
    }
    for file in missing {
      let note = "dataset '\(stage.data.name)' reads \(file), which is not there"
      if !notes.contains(note) { notes.append(note) }
    }
  }

  /// The losses of a stage that names none.
  private mutating func usualLosses(_ stage: StageSpec) -> [NamedLoss] {
    let isTaught =
      !stage.students.isEmpty && !stage.teachers.isEmpty
      && stage.teachers.allSatisfy(\.spec.hasWeights)
    let (losses, note) = type(of: stage.scheme).usualLosses(
      isTaught: isTaught, of: stage.data.source.outputs, reading: stage.data.source.examples)
    let unlabelled = losses.filter { !type(of: $0.loss).needsLabels }
    if !stage.data.source.isLabelled, !unlabelled.isEmpty, unlabelled.count < losses.count {
      notes.append(
        "stage '\(stage.name)' names no losses and its examples have no labels: its student learns from "
          + "the teacher alone (\(unlabelled.map(\.kind).listed("and")))")
      return unlabelled
    }
    if let note { notes.append("stage '\(stage.name)' names no losses and \(note)") }
    return losses
  }

  private func checkModels(_ stage: StageSpec, _ reader: MapReader) {
    if stage.generator?.generatorFiles != nil, stage.students.isEmpty || stage.trainsGenerator {
      faults.add(
        reader.place("generator"),
        .rule(
          "a generator from ONNX files is explored with, and not trained; train one of the catalog, such as "
            + "conv-vae"))
    } else if stage.trainees.isEmpty {
      let learns = type(of: stage.scheme).learners.contains(.student)
      let place = reader.place("teachers")
      if learns, stage.students.isEmpty, stage.namesTeachers {
        faults.add(
          place, .rule("'teachers' teach; to train one of them, give it a stage with 'teacher'"))
      } else {
        faults.add(reader.node.place, .nothingToTrain(stage: stage.name))
      }
    }
    for part in stage.models {
      guard case .stage(let name, let learner) = part.spec.source else { continue }
      let node = Self.node(of: part.role, part.place, reader)
      let place = node?[learner == nil ? "from" : "learner"]?.place ?? reader.node.place
      checkSource(name, learner, of: part.role, stage, at: place)
    }
  }

  /// Where a model of a stage stands.
  ///
  /// - Parameter place: Its place among the models of its role.
  static func node(of role: Cast.Role, _ place: Int, _ reader: MapReader) -> RecipeNode? {
    guard let list = role.listKey.flatMap(reader.value)?.elements else {
      return reader.value(role.rawValue)
    }
    return list.indices.contains(place) ? list[place] : nil
  }

  /// Notes a fault where no earlier stage trains what a model is to be.
  private func checkSource(
    _ name: String, _ learner: String?, of role: Cast.Role, _ stage: StageSpec,
    at place: RecipeFault.Place
  ) {
    guard let earlier = stages.first(where: { $0.name == name }) else {
      faults.add(
        place,
        .unknownStage(
          name, neededBy: stage.name, nearest: nearest(to: name, in: stages.suffix(50).map(\.name)))
      )
      return
    }
    let fitting = earlier.trainees.filter { role.canBe($0.role) }.map(\.name)
    if earlier.trainees.isEmpty { return }
    if fitting.isEmpty {
      let trained = earlier.trainees.map(\.role.rawValue).listed("and")
      faults.add(place, .wrongModel(name, trains: trained, wanted: role.rawValue))
    } else if let learner, !fitting.contains(learner) {
      faults.add(
        place,
        .rule(
          "stage '\(name)' trains no '\(learner)'; there is \(fitting.listed("and"))"))
    } else if learner == nil, fitting.count > 1 {
      faults.add(
        place,
        .rule("stage '\(name)' trains \(fitting.listed("and")). Say which one: 'learner: NAME'."))
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
        kind.trainsGenerator == stage.trainsGenerator
        && (!kind.needsTeacher || !stage.students.isEmpty)
      guard fits else {
        let trains = stage.trainees.first?.role.rawValue ?? "models"
        faults.add(place, .wrongLoss(loss.kind, trains: trains, stage: stage.name))
        continue
      }
      if kind.needsLabels, !stage.data.source.isLabelled {
        faults.add(
          place,
          .rule(
            "loss '\(loss.kind)' needs labels, and the pictures of dataset '\(stage.data.name)' have "
              + "none. Take losses on a teacher alone, such as kd, or put the pictures of each class into "
              + "a folder of its name, or name a table of labels: labels: labels.csv."))
      }
      checkOutputs(loss, stage, at: place)
      guard kind.needsTeacher, !type(of: stage.scheme).peersTeach else { continue }
      if stage.teachers.isEmpty {
        faults.add(place, .needs("loss '\(loss.kind)'", what: "a teacher", stage: stage.name))
      }
      requireWeights(.teacher, stage, reader)
    }
    checkTeachers(stage, reader)
  }

  /// Adds a fault for each loss that names an unknown teacher, and for each teacher that no loss uses.
  private func checkTeachers(_ stage: StageSpec, _ reader: MapReader) {
    for (index, loss) in stage.losses.enumerated() {
      guard let name = loss.teacher, !stage.teachers.contains(where: { $0.name == name }) else {
        continue
      }
      let known = stage.teachers.map(\.name)
      let node = reader.value("losses")?.elements?[index]
      faults.add(
        node?["teacher"]?.place ?? reader.node.place,
        .rule(
          "stage '\(stage.name)' has no teacher '\(name)'"
            + (known.isEmpty ? "" : "; there is \(known.listed("and"))")))
    }
    guard stage.namesTeachers else { return }
    for (place, teacher) in stage.teachers.enumerated() {
      guard let node = Self.node(of: .teacher, place, reader) else { continue }
      if stage.asks(teacher) {
        faults.use(node.place, "the teacher")
      } else {
        faults.addIdle(
          node.place, "the teacher",
          .rule(
            "nothing asks teacher '\(teacher.name)' of stage '\(stage.name)': each loss names another. "
              + "Name it in a loss, or take it away."))
      }
    }
  }

  private func checkExploration(_ stage: StageSpec, _ reader: MapReader) {
    // Of an exploration that is wrong in itself nothing more need be said.
    guard let explore = stage.explore, let node = reader.value("explore"),
      node["kind"]?.text == explore.kind.rawValue
    else { return }
    let kind = "exploration '\(explore.kind.rawValue)'"
    guard checkTextSearch(explore, stage, reader, node) else { return }
    guard !stage.students.isEmpty else {
      faults.add(node.place, .needs(kind, what: "a student", stage: stage.name))
      return
    }
    guard type(of: stage.scheme).helpers.contains(.teacher) else { return }
    if !stage.losses.contains(where: { type(of: $0.loss).needsTeacher }) {
      faults.add(
        node.place, .needs(kind, what: "a loss on the teacher, such as 'kd'", stage: stage.name))
    }
    checkCount(explore, stage, reader)
    checkKept(explore, stage, reader)
    checkImportance(explore, stage, reader)
    guard explore.kind.needsGenerator else { return }
    if stage.generator != nil {
      requireWeights(.generator, stage, reader)
      if explore.kind.needsEncoder, encodes(stage) == false {
        faults.add(
          node.place,
          .rule(
            "\(kind) needs an encoder, which the generator lacks; take 'samples', or a generator such "
              + "as conv-vae"))
      }
    } else {
      faults.add(node.place, .needs(kind, what: "a generator", stage: stage.name))
    }
  }

  private func checkTraining(_ stage: StageSpec, _ reader: MapReader) {
    if stage.augment != .none, case .tokens = stage.data.source.examples {
      faults.add(reader.place("augment"), .needsPictures("'augment'", dataset: stage.data.name))
    }
    if stage.augment.mixes, stage.students.isEmpty {
      faults.add(
        reader.place("augment"), .needs("mixing in 'augment'", what: "a student", stage: stage.name)
      )
    }
    let train = reader.value("train") ?? reader.node
    if stage.data.validation > 0, !type(of: stage.scheme).isValidated {
      faults.add(
        reader.value("data")?["validation"]?.place ?? reader.node.place,
        .rule(
          "no loss on held-out examples says how well stage '\(stage.name)' does; take 'validation' "
            + "away (data.validation: null)"))
    }
    if stage.data.validation == 0, !stage.data.source.hasValidation {
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
    let classifies = stage.trainees.contains { $0.role == .student || $0.role == .teacher }
    if !classifies || stage.data.source.outputs != .logits {
      for key in ["tau-normalize", "logit-adjust"] {
        guard let node = train[key] else { continue }
        faults.add(
          node.place, .needs("'\(key)'", what: "a classifier that learns", stage: stage.name))
      }
    }
    guard case .steps(let steps) = stage.train.length else { return }
    for (index, trainee) in stage.trainees.enumerated() {
      let optimizer = trainee.spec.optimizer ?? stage.optimizer
      guard let averaging = optimizer.averaging, averaging.from >= steps else { continue }
      let own = Self.node(of: trainee.role, index, reader)?["optimizer"]
      let found = (trainee.spec.optimizer == nil ? reader.value("optimizer") : own)
      let place = (found?["average"]?["from"] ?? reader.node).place
      faults.add(
        place,
        .outOfRange(
          "optimizer.average.from", found: "\(averaging.from)",
          allowed: "less than the \(steps) steps of stage '\(stage.name)'"))
    }
  }

  private func requireWeights(_ role: Cast.Role, _ stage: StageSpec, _ reader: MapReader) {
    for part in stage.models where part.role == role && !part.spec.hasWeights {
      faults.add(
        Self.node(of: role, part.place, reader)?.place ?? reader.node.place,
        .noWeights(role.rawValue, stage: stage.name))
    }
  }
}
