import RetortModels
import RetortNN

extension PlayerSpec {
  /// The model that a map describes, with all its options; an empty name if it is unknown.
  ///
  /// - Parameter teaches: Whether a teacher teaches in this stage, rather than being trained.
  init(_ reader: MapReader, as role: StageSpec.Player, teaches: Bool) {
    self.init(model: "")
    reader.exclude(["weights", "from"])
    reader.exclude(["model", "from"])
    if role == .teacher, teaches {
      expectedAccuracy = reader.number(
        "expected-accuracy", NumberRange(description: "from 0 to 1") { (0...1).contains($0) })
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
      reader.faults.add(reader.value("model")?.place ?? reader.node.place, .model(error))
    }
  }

  private mutating func decodeOptions(
    _ entry: ModelEntry, _ reader: MapReader, _ role: StageSpec.Player
  ) {
    let count = reader.faults.faults.count
    for option in entry.options {
      let range = NumberRange(description: option.allowed) {
        option.range.contains($0) && (!option.isWhole || $0 == $0.rounded())
      }
      options[option.name] = reader.number(option.name, range) ?? option.standard
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
      reader.faults.add(place, .model(error))
    }
  }
}
