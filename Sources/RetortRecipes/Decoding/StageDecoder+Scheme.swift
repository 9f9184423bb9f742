import RetortDistillation
import RetortModels
import RetortNN
import RetortSchema

extension StageDecoder {
  /// Notes what keeps the scheme from training the stage's models.
  func checkScheme(_ stage: StageSpec, _ reader: MapReader) {
    let plan = CastPlan(
      students: stage.students.isEmpty ? stage.teacher == nil ? 0 : 1 : stage.students.count,
      encodes: encodes(stage), quantizes: quantizes(stage),
      hasDiscriminator: stage.discriminator != nil,
      judgesPairs: stage.discriminator.map { entry(of: $0)?.role == .pairDiscriminator } ?? false,
      codeSizes: [stage.generator, stage.discriminator].compactMap { $0.flatMap(codeSize) },
      losses: stage.losses,
      exploration: stage.explore, outputs: stage.data.source.outputs,
      isLabelled: stage.data.source.isLabelled, readsTexts: stage.data.source.examples.areTexts,
      isAugmented: stage.augment != .none)
    for fault in stage.scheme.faults(of: plan) {
      faults.add((reader.value(fault.key) ?? reader.node).place, .rule(fault.message))
    }
  }

  /// Whether the stage's generator encodes; nil where it has none, or an unknown one.
  func encodes(_ stage: StageSpec) -> Bool? {
    let generator = stage.generator.flatMap { stages.resolved($0, as: .generator) }
    let role = generator.flatMap { $0.generatorFiles?.role ?? entry(of: $0)?.role }
    return role.map { [.generator, .denoiser].contains($0) }
  }

  /// Whether the generator that the stage trains has a codebook.
  private func quantizes(_ stage: StageSpec) -> Bool {
    guard stage.trainsGenerator else { return false }
    let generator = stage.generator.flatMap { stages.resolved($0, as: .generator) }
    let module = generator.flatMap { try? $0.make(for: stage.data.source.examples, classes: 1) }
    return module is any QuantizedGenerator
  }

  /// The catalog's entry of a model; nil for one that is not in it.
  private func entry(of model: ModelSpec) -> ModelEntry? {
    ModelCatalog.all.first { $0.name == model.model }
  }

  /// The numbers of one code that a model of the catalog makes or reads; nil where it has none.
  private func codeSize(of model: ModelSpec) -> Int? {
    let option = entry(of: model)?.options.first { $0.name == "latent" }
    return option.map { Int(model.options[$0.name] ?? $0.defaultValue) }
  }

  /// Gives models that learn the optimizers of their own.
  func readOptimizers(_ stage: inout StageSpec, _ reader: MapReader) {
    for part in stage.models {
      guard let node = Self.node(of: part.role, part.place, reader), node.entries != nil else {
        continue
      }
      let list = part.role.listKey.flatMap { reader.has($0) ? $0 : nil }
      let inner = MapReader(
        node, list.map { "\($0)[\(part.place)]" } ?? part.role.rawValue, faults)
      guard stage.trainees.contains(where: { $0.role == part.role && $0.name == part.name }) else {
        inner.misplaced(
          ["optimizer"], with: "a model that keeps its weights", belongTo: ["models that learn"])
        continue
      }
      let optimizer = inner.inner("optimizer").map(OptimizerSpec.init(from:))
      stage.update(part.role, part.place) { $0.optimizer = optimizer }
    }
  }
}

extension [StageSpec] {
  /// A model by its name, where it is that of an earlier stage.
  func resolved(_ model: ModelSpec, as role: Cast.Role) -> ModelSpec? {
    var spec = model
    // A stage at fault may name itself.
    for _ in 0...count {
      guard case .stage(let name, let learner) = spec.source else { return spec }
      guard let found = last(where: { $0.name == name })?.trainee(learner, as: role) else {
        return nil
      }
      spec = found.spec
    }
    return nil
  }
}

extension StageSpec {
  /// The model that the stage trains and another takes, by its name where it has one.
  package func trainee(_ name: String?, as role: Cast.Role) -> Trainee? {
    trainees.first { role.canBe($0.role) && (name == nil || name == $0.name) }
  }
}

extension Cast.Role {
  /// Whether what was trained as `other` can be this.
  package func canBe(_ other: Cast.Role) -> Bool {
    switch self {
    case .student, .teacher: other == .student || other == .teacher
    case .generator, .discriminator: other == self
    }
  }
}
