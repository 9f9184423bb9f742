import CRetortCPU
import RetortCore

extension Lowering {
  private func description(_ c: ConvolutionStep) -> retort_depthwise {
    let g = c.geometry
    var result = retort_depthwise()
    (result.images, result.height, result.width) = (
      Int64(c.input[0]), Int64(c.input[1]), Int64(c.input[2])
    )
    result.channels = Int64(c.input[3])
    (result.out_height, result.out_width) = (Int64(c.output[1]), Int64(c.output[2]))
    result.multiplier = Int64(c.output[3] / max(1, c.input[3]))
    (result.kernel_height, result.kernel_width) = (Int64(c.weight[1]), Int64(c.weight[2]))
    (result.stride_y, result.stride_x) = (Int64(g.strideY), Int64(g.strideX))
    (result.pad_top, result.pad_left) = (Int64(g.padTop), Int64(g.padLeft))
    (result.dilation_y, result.dilation_x) = (Int64(g.dilationY), Int64(g.dilationX))
    return result
  }

  func lowerDepthwiseForward(_ step: Step, _ c: ConvolutionStep) throws -> Operation {
    try lowerDepthwiseImages(
      step, c, from: c.output, kernels.depthwise_forward,
      source: try input(step, 0, c.input.count))
  }

  func lowerDepthwiseInput(_ step: Step, _ c: ConvolutionStep) throws -> Operation {
    try lowerDepthwiseImages(
      step, c, from: c.input, kernels.depthwise_input, source: try input(step, 0, c.output.count))
  }

  /// One task per image, computed in scratch and stored through the epilogue.
  private func lowerDepthwiseImages(
    _ step: Step, _ c: ConvolutionStep, from result: Shape,
    _ compute:
      @escaping @convention(c) (
        UnsafePointer<retort_depthwise>, UnsafeRawPointer, UnsafeRawPointer, Int64,
        UnsafeMutableRawPointer
      ) -> Void, source: UnsafeMutableRawPointer
  ) throws -> Operation {
    let weight = try input(step, 1, c.weight.count)
    let epilogue = try compile(c.epilogue, of: step, operandsFrom: 2)
    let image = result.count / max(1, result[0])
    let imageBytes = (image * realBytes + 63) / 64 * 64
    workspace.reserve(perWorker: imageBytes + epilogue.scratchBytes)
    workspace.reserve(shared: c.weight.count * realBytes)
    let (store, transpose) = (kernels.store, kernels.transpose)
    let geometry = description(c)
    let taps = Int64(c.weight[1] * c.weight[2])
    return { [workspace, workers] in
      transpose(weight, Int64(c.weight[0]), taps, workspace.common)
      withUnsafePointer(to: geometry) { geometry in
        workers.run(result[0]) { worker, index in
          let scratch = workspace.scratch(worker)
          compute(geometry, source, workspace.common, Int64(index), scratch)
          store(
            epilogue.pointer, scratch, Int64(index * image), Int64(image), scratch + imageBytes)
        }
      }
    }
  }

  func lowerDepthwiseWeight(_ step: Step, _ c: ConvolutionStep) throws -> Operation {
    let x = try input(step, 0, c.input.count)
    let gradient = try input(step, 1, c.output.count)
    let epilogue = try compile(c.epilogue, of: step, operandsFrom: 2)
    let (count, images) = (c.weight.count, c.input[0])
    let length = max(1, (images + 15) / 16)
    let segments = max(1, (images + length - 1) / length)
    workspace.reserve(shared: (segments + 2) * count * MemoryLayout<Double>.stride)
    let (sum, finish, store) = (kernels.depthwise_weight, kernels.reduce_finish, kernels.store)
    let transpose = kernels.transpose
    let geometry = description(c)
    let taps = Int64(c.weight[1] * c.weight[2])
    return { [workspace, workers] in
      let sums = workspace.common.assumingMemoryBound(to: Double.self)
      let whole = workspace.common + segments * count * MemoryLayout<Double>.stride
      withUnsafePointer(to: geometry) { geometry in
        workers.run(segments) { _, segment in
          sum(
            geometry, x, gradient, Int64(segment * length),
            Int64(min(images, (segment + 1) * length)), sums + segment * count)
        }
      }
      if count == 0 { return }
      let turned = whole + count * MemoryLayout<Double>.stride
      finish(retort_sum, Int64(segments), Int64(count), 0, Int64(count), sums, whole)
      transpose(whole, taps, Int64(c.weight[0]), turned)
      store(epilogue.pointer, turned, 0, Int64(count), workspace.scratch(0))
    }
  }
}
