import RetortCore
import RetortNN
import RetortTraining

/// The variants of training texts on the device, with the teacher's logits of them.
final class TextVariants: Module {
  /// One more than the id of each token, and 0 for padding, `[texts, M, length]`.
  private let tokens: Parameter
  /// The teacher's logits, `[texts, M, classes]`.
  private let logits: Parameter
  /// One more than the number of the step that decoded a variant; 0 for none, `[texts, M]`.
  private let births: Parameter
  private let variants: Variants

  /// Room for variants of `count` texts of `length` tokens.
  init(_ variants: Variants, of count: Int, length: Int, classes: Int) {
    self.variants = variants
    tokens = Parameter([count, variants.count, length], .zeros, role: .memory)
    logits = Parameter([count, variants.count, classes], .zeros, role: .memory)
    births = Parameter([count, variants.count], .zeros, role: .memory)
  }

  /// A variant of each of a step's texts, drawn at random, with the logits of it; the text itself where none is kept.
  ///
  /// - Parameters:
  ///   - texts: Training texts, of which some may be the same.
  ///   - ids: Their numbers among the training texts, int32 `[count]`.
  ///   - known: The labeler's logits of them, `[count, classes]`.
  ///   - inputs: The step.
  ///   - context: A forward pass of it.
  func drawn(
    near texts: Example, _ ids: Tensor, _ known: Tensor, in inputs: StepInputs,
    _ context: ForwardContext
  ) -> (texts: Example, logits: Tensor) {
    using(context) {
      let births = self.births.tensor.gather(ids)
      let draw = inputs.graph.random(
        .uniform, births.shape, state: inputs.randomState, stream: inputs.streams.next())
      let isKept = births.greater(inputs.graph.fill(0))
      let taken = isKept.select(draw, inputs.graph.fill(-1)).argmax().oneHot(variants.count)
      let isAny = isKept.maximum(axes: [1], keepingAxes: true)
      func rows(_ table: Parameter) -> Tensor {
        (table.tensor.gather(ids) * taken.expandingLast()).sum(axes: [1]).stopGradient()
      }
      let values = rows(tokens)
      let shown = values.minimum(values.graph.fill(1))
      let fields = texts.fields.map { name, value in
        let kept = name == "mask" ? shown : values - shown
        return (name: name, value: isAny.select(kept, value.toFloat()).toInteger())
      }
      return (Example(fields), isAny.select(rows(logits), known))
    }
  }

  /// Keeps new texts, each in place of its text's oldest variant; of two of the same text the first.
  ///
  /// - Parameters:
  ///   - new: The texts.
  ///   - ids: The numbers of the training texts that they are near, int32 `[count]`.
  ///   - logits: The labeler's logits of them, `[count, classes]`.
  ///   - inputs: The step.
  ///   - context: The student's forward pass.
  func remember(
    _ new: Example, near ids: Tensor, _ logits: Tensor, in inputs: StepInputs,
    _ context: ForwardContext
  ) {
    guard let said = new["tokens"], let mask = new["mask"] else {
      preconditionFailure("texts have tokens and a mask")
    }
    using(context) {
      let oldest = (-births.tensor.gather(ids)).argmax().oneHot(variants.count)
      let places = ids.firstOfEach()
      func replace(_ table: Parameter, _ rows: Tensor, _ isReplaced: Tensor) {
        let old = table.tensor
        let changed = isReplaced.select(rows.stopGradient(), old.gather(places))
        context.remember(old.replacingDistinctRows(at: places, by: changed), in: table)
      }
      let values = (said.toFloat() + 1) * mask.toFloat()
      replace(
        tokens, values.reshape([values.shape[0], 1, values.shape[1]]), oldest.expandingLast())
      replace(
        self.logits, logits.reshape([logits.shape[0], 1, logits.shape[1]]), oldest.expandingLast())
      replace(births, inputs.step.toFloat() + 1, oldest)
    }
  }
}
