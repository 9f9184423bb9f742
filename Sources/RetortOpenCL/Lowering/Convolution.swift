import RetortCore

extension Lowering {
  /// Appends the launches of a convolution or one of its gradients in the device's form; a kernel
  /// that sees every pixel alone, or the whole image at once, is a matrix product.
  mutating func convolution(
    _ step: Step, _ convolution: ConvolutionStep, _ analysis: StepAnalysis
  ) throws {
    guard step.outputs.contains(where: { plan.values[$0].count > 0 }) else { return }
    if let product = convolution.matrixProduct {
      var step = step
      if convolution.direction == .weightGradient { step.inputs.swapAt(0, 1) }
      matmul(step, product, analysis)
      return
    }
    let choice = tuning[TuningKey(convolution, form)]
    switch form {
    case .tiled: convolutionTiled(analysis, convolution, choice)
    case .vector:
      let winograd = VectorWinograd(convolution, device: device, choice: choice)
      switch convolution.direction {
      case .forward, .inputGradient:
        if let winograd {
          winogradVector(analysis, convolution, winograd)
        } else {
          try convolutionVector(analysis, convolution, choice)
        }
      case .weightGradient:
        if let winograd {
          winogradWeightGradientVector(step, winograd)
        } else if convolution.isDepthwise {
          try depthwiseWeightGradientVector(step, convolution)
        } else {
          try convolutionWeightGradientVector(step, convolution, choice)
        }
      }
    }
  }
}

extension ConvolutionStep {
  /// Whether every channel is convolved by itself.
  var isDepthwise: Bool {
    geometry.groups > 1 && geometry.groups == input[3] && geometry.groups == output[3]
  }

  /// The convolution as a matrix product of its inputs in order, the weight gradient's swapped; nil
  /// where it is none, or inputs have prologues.
  var matrixProduct: MatmulStep? {
    let padding =
      geometry.padTop + geometry.padLeft + geometry.padBottom + geometry.padRight
    guard geometry.groups == 1, padding == 0, fusedPrologues.isEmpty else { return nil }
    let isPointwise =
      weight[1] == 1 && weight[2] == 1 && geometry.strideY == 1 && geometry.strideX == 1
    let isWhole =
      weight[1] == input[1] && weight[2] == input[2]
      && (geometry.dilationY == 1 || weight[1] == 1)
      && (geometry.dilationX == 1 || weight[2] == 1)
    guard isPointwise || isWhole else { return nil }
    let pixels = output.count / max(1, output[3])
    let (outputs, inputs) = (weight[0], weight.count / max(1, weight[0]))
    return switch direction {
    case .forward:
      MatmulStep(
        batch: 1, m: pixels, n: outputs, k: inputs, transposeA: false, transposeB: true,
        epilogue: epilogue)
    case .inputGradient:
      // Seen as [images, height · width · channels] where the kernel covers the image.
      isPointwise || epilogue.isPlainStore
        ? MatmulStep(
          batch: 1, m: pixels, n: inputs, k: outputs, transposeA: false, transposeB: false,
          epilogue: epilogue)
        : nil
    case .weightGradient:
      MatmulStep(
        batch: 1, m: outputs, n: inputs, k: pixels, transposeA: true, transposeB: false,
        epilogue: epilogue)
    }
  }
}
