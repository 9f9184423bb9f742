import CRetortCPU
import RetortCore

extension Lowering {
  func lowerPooling(_ step: Step, _ pooling: PoolingStep) throws -> Operation {
    let (large, small) = (pooling.input.count, pooling.output.count)
    guard pooling.pooling.outputShape(pooling.input) == pooling.output else {
      throw BackendError.wrongData(
        what: step.title, expected: "shapes of one pooling",
        found: "\(pooling.input), \(pooling.output)")
    }
    let geometry = description(pooling)
    let images = pooling.input[0]
    let grain = 16384 / max(1, large / max(1, images))
    typealias Body = (UnsafePointer<retort_pooling>, Int64, Int64) -> Void
    let body: Body
    switch pooling.kind {
    case .maximum:
      let (run, x, y) = (kernels.max_pool, try input(step, 0, large), try output(step, 0, small))
      body = { run($0, x, $1, $2, y) }
    case .maximumBackward:
      let (x, g) = (try input(step, 0, large), try input(step, 1, small))
      let (run, y) = (kernels.max_pool_backward, try output(step, 0, large))
      body = { run($0, x, g, $1, $2, y) }
    case .maximumSelect:
      let (x, v) = (try input(step, 0, large), try input(step, 1, large))
      let (run, y) = (kernels.max_pool_select, try output(step, 0, small))
      body = { run($0, x, v, $1, $2, y) }
    case .average:
      let (x, y) = (try input(step, 0, large), try output(step, 0, small))
      let run = kernels.average_pool
      body = { run($0, x, $1, $2, y) }
    case .averageBackward:
      let (g, y) = (try input(step, 0, small), try output(step, 0, large))
      let run = kernels.average_pool_backward
      body = { run($0, g, $1, $2, y) }
    }
    return split(images, by: grain) { _, start, end in
      withUnsafePointer(to: geometry) { body($0, start, end) }
    }
  }

  private func description(_ step: PoolingStep) -> retort_pooling {
    let p = step.pooling
    var result = retort_pooling()
    (result.images, result.height, result.width) = (
      Int64(step.input[0]), Int64(step.input[1]), Int64(step.input[2])
    )
    result.channels = Int64(step.input[3])
    (result.out_height, result.out_width) = (Int64(step.output[1]), Int64(step.output[2]))
    (result.window_height, result.window_width) = (Int64(p.height), Int64(p.width))
    (result.stride_y, result.stride_x) = (Int64(p.strideY), Int64(p.strideX))
    (result.pad_top, result.pad_left) = (Int64(p.padTop), Int64(p.padLeft))
    (result.pad_bottom, result.pad_right) = (Int64(p.padBottom), Int64(p.padRight))
    result.counts_padding = p.countsPadding ? 1 : 0
    return result
  }
}
