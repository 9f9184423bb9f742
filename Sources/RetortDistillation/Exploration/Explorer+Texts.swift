import RetortCore
import RetortNN
import RetortTraining

/// The path of a search for texts: the states of a generator at the start and after each step, `[count, length, width]`,
/// and the texts that it makes of them.
struct TextPath {
  var states: [Tensor] = []
  var texts: [Example] = []
}

/// What a search for texts gives a step.
struct FoundTexts {
  /// The texts to learn from.
  let texts: Example
  /// The labeler's logits of them, `[count, classes]`, where variants are learnt from; nil for texts that are new.
  var logits: Tensor?
}

extension Explorer {
  /// The texts that a step learns from beside its batch: new ones near it, or variants that are kept.
  ///
  /// - Parameters:
  ///   - texts: The batch's `tokens` and `mask`, int32 `[batch, length]` each.
  ///   - search: The generator, and where the search starts.
  ///   - inputs: The step of which the search is a part.
  func find(near texts: Example, by search: TextSearch, in inputs: StepInputs) -> FoundTexts {
    let parents = search.parents(of: texts)
    if inputs.form == Exploration.restingForm, let variants = memory?.variants {
      let ids = inputs.indices.rows(parents.count)
      let known = labeler.logits(of: parents, indices: ids, in: inputs.graph)
      let found = variants.drawn(
        near: parents, ids, known, in: inputs, inputs.context(.evaluation))
      return FoundTexts(texts: found.texts, logits: found.logits)
    }
    let path = explore(parents, by: search, in: inputs)
    return FoundTexts(texts: path.texts[path.texts.count - 1])
  }

  /// Has the student's store keep the texts that a step has found, with the labeler's logits of them.
  func keep(
    _ found: FoundTexts, _ logits: Tensor, in inputs: StepInputs, _ context: ForwardContext
  ) {
    guard found.logits == nil, let variants = memory?.variants else { return }
    variants.remember(
      found.texts, near: inputs.indices.rows(found.texts.count), logits, in: inputs, context)
  }

  /// The search for one text near each of others, all within the step's plan.
  ///
  /// Order one climbs the divergence of teacher and student along the states. Each of its K steps decodes tokens, asks
  /// both of them, and moves the states by the gradient that goes straight through the choice of tokens: see
  /// `climb(_:from:by:shown:in:)`. The texts at the end are decoded once more, and new to teacher and student.
  ///
  /// - Parameters:
  ///   - parents: The texts' `tokens` and `mask`, int32 `[count, length]` each.
  ///   - search: The generator, and where the search starts.
  ///   - inputs: The step of which the search is a part.
  /// - Returns: One point, or K + 1 for order one; no gradient flows through them.
  ///
  /// Source: Zaheer et al. 2022, arXiv 2208.06825, section 4.3.
  func explore(_ parents: Example, by search: TextSearch, in inputs: StepInputs) -> TextPath {
    search.generator.using(inputs.context(.evaluation)) {
      let (start, shown) = search.start(parents, in: inputs)
      var (streams, path): ([UInt32], TextPath) = ([], TextPath())
      func add(_ states: Tensor) {
        path.states.append(states)
        path.texts.append(search.decode(states, of: shown, drawing: &streams, in: inputs))
      }
      add(start)
      guard exploration.kind.usesGradient, let mask = shown["mask"] else { return path }
      let size = stepSize(norm: TextSearch.norm(of: start, mask))
      for step in 0..<exploration.steps {
        let states = path.states[step]
        let slope = climb(path.texts[step], from: states, by: search, shown: shown, in: inputs)
        add(moved(states, along: gradients(of: slope, with: [states])[0], size))
      }
      return path
    }
  }

  /// A scalar whose gradient by the states is that of D times `scale`, straight through the choice of tokens:
  /// `Σ_models ⟨∂D/∂e, softmax(Dec z)·E⟩`.
  ///
  /// What teacher and student read are the vectors `e = E[tokens]` of the tokens as they were chosen. Backwards each
  /// counts as the mean of all vectors of its model's table E, weighted by the decoder's softmax, so that the gradient
  /// goes on to the softmax and through one pass of the decoder over the decoded tokens to the states. That is exact
  /// but for the choice itself and for what a token changes in those behind it, which are held. Where the decoder's
  /// own table is not the model's, as of another width, nothing else changes: each model's gradient comes back by its
  /// own table.
  ///
  /// Called within a forward pass of the generator.
  ///
  /// - Parameters:
  ///   - texts: What the states were decoded to.
  ///   - states: `[count, length, width]`.
  ///   - search: The generator.
  ///   - shown: The texts that the states are of.
  ///   - inputs: The step.
  ///
  /// Source: Bengio, Léonard, Courville 2013, arXiv 1308.3432, section 2.3, for the straight-through estimator.
  func climb(
    _ texts: Example, from states: Tensor, by search: TextSearch, shown: Example,
    in inputs: StepInputs
  ) -> Tensor {
    let graph = inputs.graph
    guard let tokens = texts["tokens"] else { preconditionFailure("texts have tokens") }
    let (own, other) = opinions(of: texts, in: inputs)
    for (model, logits) in [("student", own), ("teacher", other)]
    where logits.lookups(of: tokens).isEmpty {
      return graph.fail(.noLookup(model))
    }
    let rows = disagreement(own, other)
    let lookups = rows.lookups(of: tokens)
    let slopes = gradients(of: rows.sum() * scale, with: lookups.map(\.vectors))
    let shares = search.shares(of: texts, from: states, shown)
    let parts = zip(lookups, slopes).map { lookup, slope in
      let vectors = shares.matmul(lookup.table.slice(axis: 0, 0..<shares.shape[2]))
      return (vectors * slope.slice(axis: 1, 1..<tokens.shape[1]).stopGradient()).sum()
    }
    return parts.dropFirst().reduce(parts[0], +)
  }
}

extension GraphError {
  /// A model that makes something else of tokens than looking up their vectors.
  fileprivate static func noLookup(_ model: String) -> GraphError {
    .invalidArgument(
      operation: "exploration 'first'",
      reason:
        "the \(model) looks up no vectors of tokens, by which a gradient could go back to the "
        + "generator; take 'zero', which needs none", path: "")
  }
}
