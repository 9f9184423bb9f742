import RetortCore
import RetortFormats
import RetortNN
import RetortTraining

/// The data for reproducing a workload in another program: initial weights, inputs and first losses.
///
/// Tensors `student.KEY`, `teacher.KEY` and `generator.KEY` are weights under PyTorch's names;
/// `images` `[batch, 1, 28, 28]` or `ids` `[batch, length]`, `labels`, `logits` `[batch, classes]`
/// and `deviation` `[latent]` are inputs; `losses` are the totals of the first steps. The search
/// draws no noise. Metadata: `mean-norm`, the unit of displacements.
struct StepRecord {
  /// The number of recorded losses.
  static let lossCount = 8

  private var content = Safetensors(tensors: [:])

  /// Builds the step and trains for `lossCount` steps.
  ///
  /// - Throws: `ModelError`, `GraphError`, `TrainingError.notFinite` or the device's errors.
  init(_ workload: Workload, batch: Int, on backend: any Backend) throws {
    let step = try WorkloadStep(workload, batch: batch, isNoisy: false, on: backend)
    for store in step.models {
      for entry in store.exported(store.initialWeights(seed: WorkloadStep.seed)) {
        content.tensors["\(store.name).\(entry.name)"] = HostTensor(
          shape: entry.shape, floats: entry.values)
      }
    }
    let inputs = step.inputs
    if case .float32(let pixels) = inputs.examples {
      content.tensors["images"] = HostTensor(shape: [batch, 1, 28, 28], floats: pixels)
    } else if case .int32(let ids) = inputs.examples {
      content.tensors["ids"] = HostTensor(
        shape: [batch] + inputs.fields[0].shape.dimensions, int32s: ids)
    }
    content.tensors["labels"] = HostTensor(shape: [batch], int32s: inputs.labels)
    content.tensors["logits"] = HostTensor(
      shape: [batch, workload.classes], floats: inputs.logits)
    if let statistics = step.statistics {
      content.tensors["deviation"] = HostTensor(
        shape: [statistics.deviation.count], floats: statistics.deviation)
      content.metadata["mean-norm"] = "\(statistics.meanNorm)"
    }
    let losses = try (0..<Self.lossCount).map { _ in
      try step.run()
      return Float(try step.losses()[0])
    }
    content.tensors["losses"] = HostTensor(shape: [losses.count], floats: losses)
  }

  /// Writes one safetensors file.
  func write(to path: String) throws(FormatError) { try content.write(to: path) }
}
