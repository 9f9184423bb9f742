import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortRuns
import RetortTraining

/// The data for reproducing a workload in another program: initial weights, inputs and first losses.
///
/// Tensors `student.KEY`, `teacher.KEY` and `generator.KEY` are weights under PyTorch's names;
/// `images` `[batch, channels, height, width]` or `ids` `[batch, length]`, `labels`, `logits`
/// `[batch, classes]` and `deviation` `[latent]` are inputs; `losses` are the totals of the first steps. The
/// search draws no noise. Metadata: `mean-norm`, the unit of displacements.
///
/// Of a model whose outputs are timed: weights `model.KEY`, inputs, and `outputs` `[batch, …]`; and the same
/// model as an ONNX file.
struct StepRecord {
  /// The number of recorded losses.
  static let lossCount = 8

  private var content = Safetensors(tensors: [:])
  private var onnx: ONNXModel?

  /// Builds the step and trains for `lossCount` steps, or computes outputs.
  ///
  /// - Throws: `ModelError`, `GraphError`, `TrainingError.notFinite`, `ExportError` or the device's errors.
  init(_ workload: Workload, batch: Int, on backend: any Backend) throws {
    if workload.isInference {
      try addOutputs(of: workload, batch: batch, on: backend)
    } else {
      try addLosses(of: workload, batch: batch, on: backend)
    }
  }

  private mutating func addOutputs(
    of workload: Workload, batch: Int, on backend: any Backend
  ) throws {
    let pass = try WorkloadPass(workload, batch: batch, on: backend)
    add(pass.store)
    add(pass.inputs, of: workload, batch: batch)
    try pass.run()
    if case .float32(let values) = try pass.outputs() {
      content.tensors["outputs"] = HostTensor(
        shape: [batch, values.count / batch], floats: values)
    }
    onnx = try ONNXExport.model(
      of: pass.store, for: workload.examples,
      weights: pass.store.exported(pass.store.initialWeights(seed: WorkloadStep.seed)),
      version: retortVersion)
  }

  private mutating func add(_ store: ParameterStore) {
    for entry in store.exported(store.initialWeights(seed: WorkloadStep.seed)) {
      content.tensors["\(store.name).\(entry.name)"] = HostTensor(
        shape: entry.shape, floats: entry.values)
    }
  }

  private mutating func add(_ inputs: SyntheticInputs, of workload: Workload, batch: Int) {
    switch (workload.examples, inputs.examples) {
    case (.image(let size), .float32(let pixels)):
      content.tensors["images"] = HostTensor(
        shape: [batch, size.channels, size.height, size.width],
        floats: Self.channelsFirst(pixels, size, batch: batch))
    case (_, .int32(let ids)):
      content.tensors["ids"] = HostTensor(
        shape: [batch] + inputs.fields[0].shape.dimensions, int32s: ids)
    default: break
    }
  }

  private static func channelsFirst(
    _ pixels: [Float], _ size: ImageSize, batch: Int
  ) -> [Float] {
    let area = size.height * size.width
    var result = [Float](repeating: 0, count: pixels.count)
    for image in 0..<batch {
      for pixel in 0..<area {
        for channel in 0..<size.channels {
          result[(image * size.channels + channel) * area + pixel] =
            pixels[(image * area + pixel) * size.channels + channel]
        }
      }
    }
    return result
  }

  private mutating func addLosses(
    of workload: Workload, batch: Int, on backend: any Backend
  ) throws {
    let step = try WorkloadStep(workload, batch: batch, isNoisy: false, on: backend)
    for store in step.models { add(store) }
    let inputs = step.inputs
    add(inputs, of: workload, batch: batch)
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

  /// Writes `NAME.safetensors` into a folder, and `NAME.onnx` of a model whose outputs are timed.
  ///
  /// - Returns: The path of the former.
  func write(_ name: String, to folder: RunFolder) throws(FormatError) -> String {
    let path = folder.file("\(name).safetensors")
    try content.write(to: path)
    try onnx?.write(to: folder.file("\(name).onnx"))
    return path
  }
}
