import RetortCore
import RetortDistillation
import RetortModels
import RetortNN
import RetortSchema

/// Checks the modules of a stage's models: that those which losses compare are there and can be compared, and that
/// classifiers are which students take over from their teachers.
struct ModuleCheck {
  let faults: FaultList
  /// The stages before, whose models `from` names.
  let earlier: [StageSpec]
  /// What the stage's examples are.
  let examples: ExampleSpec
  /// The number of their classes.
  let classes: Int

  /// Notes a fault at every path that is none, and at every pair that no adapter brings together.
  func checkTaps(_ stage: StageSpec, _ reader: MapReader) {
    for student in stage.trainees.map(\.spec).compactMap(store) {
      checkOwn(student, stage, reader)
    }
    guard let teacher = labeler(stage) else { return }
    for student in stage.students.map(\.spec).compactMap(store) {
      check(student, teacher, stage, reader)
    }
  }

  /// Checks the modules that losses compare with each other.
  private func checkOwn(_ student: ParameterStore, _ stage: StageSpec, _ reader: MapReader) {
    for (index, loss) in stage.losses.enumerated() where !loss.loss.ownTaps.isEmpty {
      let node = reader.value("losses")?.elements?[index] ?? reader.node
      let places = node["modules"]?.elements ?? []
      let shapes = loss.loss.ownTaps.enumerated().map { position, tap in
        shape(student, tap.module, places.indices.contains(position) ? places[position] : node)
      }
      guard let output = shape(student, "", node), !shapes.contains(nil) else { continue }
      do throws(AdapterError) {
        _ = try loss.loss.adapters(shapes.compactMap(\.self) + [output], [])
      } catch {
        faults.add(node.place, .rule("\(error)"))
      }
    }
  }

  private func check(
    _ student: ParameterStore, _ teacher: any Labeler, _ stage: StageSpec, _ reader: MapReader
  ) {
    for (index, loss) in stage.losses.enumerated() where !loss.loss.taps.isEmpty {
      let node = reader.value("losses")?.elements?[index]
      let pairs = node?["taps"]?.elements ?? []
      let teacher = loss.teacher.flatMap { teacher[$0] } ?? teacher
      for (position, pair) in loss.loss.taps.enumerated() {
        let place = pairs.indices.contains(position) ? pairs[position] : node ?? reader.node
        let own = shape(student, pair.student, place["student"] ?? place)
        let other = shape(teacher, pair.teacher, place["teacher"] ?? place)
        guard let own, let other else { continue }
        do throws(AdapterError) {
          _ = try loss.loss.adapters([own], [other])
        } catch {
          faults.add(place.place, .rule("\(error)"))
        }
        if type(of: loss.loss).tapsLastMaps, stage.namesTeachers,
          (try? teacher.isLastMap(pair.teacher, of: pair.teacherOutput, for: examples)) == false
        {
          faults.add(
            (place["teacher"] ?? place).place,
            .rule(
              "loss '\(loss.kind)' asks the teacher's classifier, which does not read the means of "
                + "'\(pair.teacher)'. Tap the map whose means it reads, or take 'hint'."))
        }
        if type(of: loss.loss).tapsBatchNorms,
          (try? teacher.isBatchNorm(pair.teacher, for: examples)) == false
        {
          let reason = "loss '\(loss.kind)': \(OverhaulLoss.noBatchNorm)"
          faults.add((place["teacher"] ?? place).place, .rule(reason))
        }
      }
    }
  }

  private func shape(_ labeler: any Labeler, _ path: String, _ node: RecipeNode) -> Shape? {
    do {
      return try labeler.shapes(of: [path], for: examples)[path]
    } catch {
      let name = (labeler as? ParameterStore)?.name ?? "teachers"
      faults.add(node.place, .rule("\(name): \(error)"))
      return nil
    }
  }

  /// The stage's teachers without weights; nil if one of them is at fault, which is noted elsewhere.
  private func labeler(_ stage: StageSpec) -> (any Labeler)? {
    let stores = stage.teachers.compactMap { store($0.spec) }
    guard stores.count == stage.teachers.count, !stores.isEmpty else { return nil }
    return stage.namesTeachers
      ? Ensemble(zip(stage.teachers, stores).map { .init($0.name, $1) }) : stores[0]
  }

  /// The model that a stage names, without weights; nil where it is none, which has been noted.
  func store(_ spec: ModelSpec) -> ParameterStore? {
    guard let spec = earlier.resolved(spec, as: .student),
      let model = try? spec.make(for: examples, classes: classes)
    else {
      return nil
    }
    return ParameterStore(model, name: spec.model)
  }
}
