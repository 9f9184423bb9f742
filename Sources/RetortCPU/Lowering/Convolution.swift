import CRetortCPU
import RetortCore

extension Lowering {
  func lowerConvolution(_ step: Step, _ convolution: ConvolutionStep) throws -> Operation {
    let (input, weight, output) = (convolution.input, convolution.weight, convolution.output)
    guard convolution.geometry.outputShape(input: input, weight: weight) == output else {
      throw BackendError.wrongData(
        what: step.title, expected: "shapes of one convolution",
        found: "\(input), \(weight), \(output)")
    }
    let groups = convolution.geometry.groups
    let isDepthwise = groups > 1 && weight[3] == 1
    switch convolution.direction {
    case .forward:
      try check(convolution.epilogue, output.count, step)
      return isDepthwise
        ? try lowerDepthwiseForward(step, convolution) : try lowerForward(step, convolution)
    case .inputGradient:
      try check(convolution.epilogue, input.count, step)
      return isDepthwise
        ? try lowerDepthwiseInput(step, convolution) : try lowerInputGradient(step, convolution)
    case .weightGradient:
      try check(convolution.epilogue, weight.count, step)
      return isDepthwise
        ? try lowerDepthwiseWeight(step, convolution) : try lowerWeightGradient(step, convolution)
    }
  }

  /// The patches of the forward convolution's input, one row per output pixel.
  private func inputPatches(_ c: ConvolutionStep) -> (retort_patches, [Int32]) {
    let g = c.geometry
    var patches = retort_patches()
    (patches.rows_y, patches.rows_x) = (Int64(max(1, c.output[1])), Int64(max(1, c.output[2])))
    (patches.step_y, patches.step_x) = (Int64(g.strideY), Int64(g.strideX))
    (patches.height, patches.width) = (Int64(c.input[1]), Int64(c.input[2]))
    (patches.pixel_stride, patches.channels) = (Int64(c.input[3]), Int64(max(1, c.weight[3])))
    var lines = TapLines()
    for y in 0..<c.weight[1] {
      for x in 0..<c.weight[2] {
        lines.append(y * g.dilationY - g.padTop, x * g.dilationX - g.padLeft)
      }
    }
    return (patches, lines.values)
  }

  private func lowerForward(_ step: Step, _ c: ConvolutionStep) throws -> Operation {
    let groups = c.geometry.groups
    let (perGroup, outputs) = (c.weight[0] / groups, c.weight[0])
    let depth = c.weight.count / max(1, outputs)
    let (patches, lines) = inputPatches(c)
    let rows = c.output.count / max(1, outputs)
    let size = Product.Size(batch: groups, m: rows, n: perGroup, k: depth)
    let a = retort_factor(
      base: try input(step, 0, c.input.count), stride: 0, stride_k: 0,
      batch_stride: Int64(c.weight[3]), patches: nil)
    let b = retort_factor(
      base: try input(step, 1, c.weight.count), stride: Int64(depth), stride_k: 1,
      batch_stride: Int64(perGroup * depth), patches: nil)
    let whole = Int64(rows * outputs)
    let place = retort_rows(
      base: 0, rows_y: 1, rows_x: Int64(max(1, rows)), stride_batch: Int64(perGroup),
      stride_image: whole, stride_y: whole, stride_x: Int64(outputs))
    let epilogue = try compile(c.epilogue, of: step, operandsFrom: 2)
    return lowerProducts([
      Product(
        size, a: a, b: b, rows: place, epilogue: epilogue, patches: patches, lines: lines,
        on: .left, maySplit: false, kernels: kernels)
    ])
  }

  private func lowerWeightGradient(_ step: Step, _ c: ConvolutionStep) throws -> Operation {
    let groups = c.geometry.groups
    let (perGroup, outputs) = (c.weight[0] / groups, c.weight[0])
    let columns = c.weight.count / max(1, outputs)
    let (patches, lines) = inputPatches(c)
    let size = Product.Size(
      batch: groups, m: perGroup, n: columns, k: c.output.count / max(1, outputs))
    let a = retort_factor(
      base: try input(step, 1, c.output.count), stride: 1, stride_k: Int64(outputs),
      batch_stride: Int64(perGroup), patches: nil)
    let b = retort_factor(
      base: try input(step, 0, c.input.count), stride: 0, stride_k: 0,
      batch_stride: Int64(c.weight[3]), patches: nil)
    let whole = Int64(perGroup * columns)
    let place = retort_rows(
      base: 0, rows_y: 1, rows_x: Int64(max(1, perGroup)), stride_batch: whole,
      stride_image: whole, stride_y: whole, stride_x: Int64(columns))
    let epilogue = try compile(c.epilogue, of: step, operandsFrom: 2)
    return lowerProducts([
      Product(
        size, a: a, b: b, rows: place, epilogue: epilogue, patches: patches, lines: lines,
        on: .right, kernels: kernels)
    ])
  }

  /// One product per phase of the stride: input pixels of one phase see the same taps.
  private func lowerInputGradient(_ step: Step, _ c: ConvolutionStep) throws -> Operation {
    let g = c.geometry
    let (perGroup, channels) = (c.weight[0] / g.groups, c.weight[3])
    let gradient = try input(step, 0, c.output.count)
    let weight = try input(step, 1, c.weight.count)
    let epilogue = try compile(c.epilogue, of: step, operandsFrom: 2)
    workspace.reserve(shared: c.weight.count * realBytes)
    var products: [Product] = []
    var rearrangements: [(taps: [Int32], offset: Int, product: Product)] = []
    var offset = 0
    for phaseY in 0..<g.strideY {
      for phaseX in 0..<g.strideX {
        let (lines, numbers) = phaseTaps(c, phaseY, phaseX)
        var patches = retort_patches()
        let height = max(0, (c.input[1] - phaseY + g.strideY - 1) / g.strideY)
        let width = max(0, (c.input[2] - phaseX + g.strideX - 1) / g.strideX)
        (patches.rows_y, patches.rows_x) = (Int64(max(1, height)), Int64(max(1, width)))
        (patches.step_y, patches.step_x) = (1, 1)
        (patches.height, patches.width) = (Int64(c.output[1]), Int64(c.output[2]))
        (patches.pixel_stride, patches.channels) = (Int64(c.weight[0]), Int64(max(1, perGroup)))
        let depth = numbers.count * perGroup
        let size = Product.Size(
          batch: g.groups, m: c.input[0] * height * width, n: channels, k: depth)
        let a = retort_factor(
          base: gradient, stride: 0, stride_k: 0, batch_stride: Int64(perGroup), patches: nil)
        let b = retort_factor(
          base: weight, stride: 1, stride_k: Int64(channels),
          batch_stride: Int64(depth * channels), patches: nil)
        let line = c.input[2] * c.input[3]
        let place = retort_rows(
          base: Int64(phaseY * line + phaseX * c.input[3]), rows_y: patches.rows_y,
          rows_x: patches.rows_x, stride_batch: Int64(channels),
          stride_image: Int64(c.input[1] * line), stride_y: Int64(g.strideY * line),
          stride_x: Int64(g.strideX * c.input[3]))
        let bound = Product(
          size, a: a, b: b, rows: place, epilogue: epilogue, patches: patches, lines: lines,
          on: .left, maySplit: false, kernels: kernels)
        products.append(bound)
        rearrangements.append((numbers, offset, bound))
        offset += g.groups * depth * channels * realBytes
      }
    }
    let compute = lowerProducts(products)
    let (rearrange, bytes) = (kernels.rearrange_weights, realBytes)
    let stride = c.weight[1] * c.weight[2] * channels
    return { [workspace] in
      for (taps, offset, product) in rearrangements {
        let target = workspace.common + offset
        product.description.pointee.b.base = UnsafeRawPointer(target)
        for group in 0..<g.groups {
          rearrange(
            weight + group * perGroup * stride * bytes, Int64(perGroup), Int64(stride),
            Int64(channels), Int64(taps.count), taps,
            target + group * taps.count * perGroup * channels * bytes)
        }
      }
      compute()
    }
  }

  /// The taps that reach input pixels of a phase: their lines in the output, and their numbers.
  ///
  /// In reverse order, so that adjacent taps read adjacent pixels.
  private func phaseTaps(_ c: ConvolutionStep, _ phaseY: Int, _ phaseX: Int) -> ([Int32], [Int32]) {
    let g = c.geometry
    var (lines, numbers): (TapLines, [Int32]) = (TapLines(), [])
    for y in (0..<c.weight[1]).reversed() {
      for x in (0..<c.weight[2]).reversed() {
        let down = phaseY + g.padTop - y * g.dilationY
        let across = phaseX + g.padLeft - x * g.dilationX
        guard down % g.strideY == 0, across % g.strideX == 0 else { continue }
        lines.append(down / g.strideY, across / g.strideX)
        numbers.append(Int32(y * c.weight[2] + x))
      }
    }
    return (lines.values, numbers)
  }
}

/// Taps grouped into lines of horizontally adjacent ones.
private struct TapLines {
  /// Vertical offset, first horizontal offset and length of each line.
  private(set) var values: [Int32] = []

  mutating func append(_ y: Int, _ x: Int) {
    let last = values.count - 3
    if last >= 0, values[last] == Int32(y), values[last + 1] + values[last + 2] == Int32(x) {
      values[last + 2] += 1
    } else {
      values += [Int32(y), Int32(x), 1]
    }
  }
}
