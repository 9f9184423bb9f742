import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortNN
import RetortRecipes
import RetortTraining

extension StageRunner {
  /// The table of a teacher's logits for all training examples, and of the features that losses compare; for each of
  /// their draws, where augmentation repeats them.
  ///
  /// - Returns: The table, and the number of teacher evaluations it counts for. Without a cache a stage counts
  ///   every example even if an earlier stage computed the table, so that a resumed run counts the same; with
  ///   a cache it counts only what it computed.
  func logitTable(
    _ teacher: StageSpec.Teacher, _ model: StageModel
  ) throws -> (table: LogitTable, asked: Int) {
    var isAsked = stage.cache == nil
    let size = try outputSize(of: model)
    let paths = stage.keepsFeatures ? stage.featurePaths(of: teacher).sorted() : []
    let shapes =
      try paths.isEmpty ? [:] : model.store.shapes(of: Set(paths), for: data.examples)
    // One pass computes all that the cache lacks.
    var computed: [[Float]]?
    func compute(_ index: Int) throws -> [Float] {
      isAsked = true
      let found =
        try computed
        ?? ofEachDraw(model) { graph, example in
          let taps = try model.store.taps(of: example, indices: nil, Set(paths), in: graph)
          return try [taps.output] + paths.map { try taps.value($0) }
        }
      computed = found
      return found[index]
    }
    let draws = max(1, stage.augment.draws)
    let rows = data.training.count.saturatingProduct(draws)
    guard rows <= Int32.max else {
      throw DataError.outOfRange(
        name: "augment.draws", found: "\(draws)",
        allowed:
          "at most \(Int(Int32.max) / data.training.count) for \(data.training.count) examples")
    }
    func source(_ path: String?) -> OutputTables.Source {
      OutputTables.Source(
        model: teacher.spec, data: stage.data, path: path,
        augment: stage.augment)
    }
    let logits = try parent.tables.logits.value(of: source(nil)) {
      try frozen(
        "teacher logits",
        outputs("logits", of: model, rows: rows, size: data.training.parts * size) {
          try compute(0)
        })
    }
    var features: [String: LogitTable.Features] = [:]
    for (index, path) in paths.enumerated() {
      let table = try parent.tables.features.value(of: source(path)) {
        let shape = Array(shapes[path]?.dimensions.dropFirst() ?? [])
        let width = shape.reduce(1) { $0.saturatingProduct($1) }
        try HostMemory.require(
          rows.saturatingProduct(width).saturatingProduct(8),
          for: "keeping the features '\(path)' of \(rows) examples")
        let values = try outputs("features of \(path)", of: model, rows: rows, size: width) {
          try compute(1 + index)
        }
        return (try frozen("teacher features", values), shape)
      }
      features[path] = LogitTable.Features(table.variable, shape: table.shape)
    }
    return (
      LogitTable(
        logits, classes: size, parts: data.training.parts, draws: draws, features: features,
        live: model.store),
      isAsked ? rows : 0
    )
  }

  /// Outputs of a model for all training examples, `[examples, …]` flat, or, where augmentation repeats their draws,
  /// for each of these, `[examples, draws, …]`.
  private func ofEachDraw(
    _ model: StageModel, _ build: @escaping (Graph, Example) throws -> [Tensor]
  ) throws -> [[Float]] {
    func outputs(_ examples: any Dataset, _ pipeline: any InputPipeline) throws -> [[Float]] {
      try named("training") {
        try Inference(session, name: model.store.name, pipeline: pipeline, build: build)
          .outputs(examples)
      }
    }
    let draws = stage.augment.draws
    guard draws > 0 else { return try outputs(data.training, data.examples.pipeline()) }
    var all: [[Float]] = []
    for draw in 0..<draws {
      let examples = DrawnExamples(loader, draw: draw)
      let found = try outputs(examples, examples.pipeline)
      if all.isEmpty { all = found.map { [Float](repeating: 0, count: $0.count * draws) } }
      for (output, values) in found.enumerated() {
        let size = values.count / examples.count
        for index in 0..<examples.count {
          let start = (index * draws + draw) * size
          all[output].replaceSubrange(
            start..<start + size, with: values[index * size..<(index + 1) * size])
        }
      }
    }
    return all
  }

  /// The numbers of one row of a model's output: classes, or the width of vectors.
  private func outputSize(of model: StageModel) throws -> Int {
    guard data.outputs == .vectors else { return classes }
    let graph = Graph()
    let examples = data.examples.inputs(in: graph, batch: 1)
    return model.store.logits(of: examples, indices: nil, in: graph).shape[-1]
  }

  /// The latent codes of all training examples; nil if the exploration needs no encoder, and
  /// for texts, whose states are computed in each step.
  func codes(for exploration: Exploration) throws -> OutputTables.Codes? {
    guard exploration.kind.needsEncoder, let generator = models[.generator],
      !(generator.store.model is any TextGenerator)
    else { return nil }
    guard let model = generator.store.model as? any Generator else {
      throw RunError.notAGenerator(stage: stage.name, model: generator.spec.model)
    }
    return try parent.tables.codes.value(of: codeSource) {
      let size = model.latentShape.count
      let codes = try outputs("codes", of: generator, rows: data.training.count, size: size) {
        let encode = Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
          graph, example in
          let context = ForwardContext(graph, .evaluation)
          return [model.using(context) { model.encode(example.x).mean }]
        }
        return try named("training") { try encode.outputs(data.training)[0] }
      }
      let statistics = LatentStatistics(codes: codes, size: size)
      return .init(values: codes, size: size, statistics: statistics)
    }
  }

  /// The latent codes of all training examples on the device; nil if the exploration needs no encoder.
  func codeTable(for exploration: Exploration) throws -> CodeTable? {
    guard let codes = try codes(for: exploration) else { return nil }
    let table = try parent.tables.codeTables.value(of: codeSource) {
      try frozen("latent codes", codes.values)
    }
    return CodeTable(table, size: codes.size)
  }

  private var codeSource: OutputTables.Source { .init(model: stage.generator, data: stage.data) }

  /// The outputs of a frozen model for all training examples or their draws, `[rows, size]` flat, from the stage's
  /// cache if it has them.
  ///
  /// Outputs of `compute` are written to the cache, and are what it will give back. Errors of the cache are reported and
  /// otherwise ignored.
  private func outputs(
    _ kind: String, of model: StageModel, rows: Int, size: Int, _ compute: () throws -> [Float]
  ) throws -> [Float] {
    // A rehearsal's weights and outputs are none.
    guard let folder = stage.cache, !(session.backend is MemoryMeter) else { return try compute() }
    let cache = OutputCache(folder: folder)
    // Latent codes are moved along gradients; what is lost of them would move with them. Features have no classes.
    let isExact = kind == "codes" || kind != "logits" && stage.cacheFormat == .topClasses
    let format = isExact ? .float32 : stage.cacheFormat
    let source = try source(kind, as: OutputForm(format, classes: stage.cacheClasses), of: model)
    do throws(FormatError) {
      if let found = try cache.outputs(of: source, examples: rows, width: size) {
        parent.report(.outputsFound(name: model.store.name, path: cache.path(of: source)))
        return found
      }
    } catch {
      parent.report(.cacheUnreadable(error))
    }
    var values = try compute()
    do throws(FormatError) {
      let (form, path) = (source.form, cache.path(of: source))
      let tensors = try form.tensors(values, examples: rows, path: path)
      let kept = try form.values(
        in: Safetensors(tensors: tensors, metadata: [:]), examples: rows, width: size)
      if let loss = form.loss(of: values, in: kept, examples: rows) {
        parent.report(.outputsReduced(name: model.store.name, loss))
      }
      values = kept
      try cache.keep(tensors, of: source)
    } catch {
      parent.report(.cacheUnwritable(error))
    }
    return values
  }

  private func source(
    _ kind: String, as form: OutputForm, of model: StageModel
  ) throws -> OutputCache.Source {
    var weights = SHA256()
    for entry in try model.weights(in: session) {
      weights.update(Array("\(entry.name) \(entry.shape)\n".utf8))
      entry.values.withUnsafeBytes { weights.update($0) }
    }
    let source = OutputTables.Source(model: nil, data: stage.data)
    var examples = try parent.tables.digests.value(of: source) { try data.training.digest() }
    if kind != "codes", stage.augment.draws > 0 { examples += " \(augmentation)" }
    // Of a file the nodes matter too, whatever its name.
    var name =
      model.spec.isImported
      ? "\(model.spec.usualName) \(SHA256.hexadecimal(try FileBytes.read(model.spec.model)))"
      : model.spec.model
    if let normalization = model.spec.normalization {
      name += " mean \(normalization.mean) std \(normalization.deviation)"
    }
    return OutputCache.Source(
      outputs: kind, form: form, model: name, options: model.spec.options,
      weights: weights.hexadecimal,
      examples: examples,
      device: session.backend.name, compute: parent.recipe.compute.rawValue)
  }

  /// How the training examples are changed, as a recipe says it.
  private var augmentation: String {
    stage.entries.first { $0.key == "augment" }?.value ?? ""
  }

  /// A frozen variable with the given values.
  private func frozen(_ name: String, _ values: [Float]) throws -> Variable {
    let variable = Variable(name: name, count: values.count, isFrozen: true)
    try session.write(values, to: variable)
    return variable
  }
}
