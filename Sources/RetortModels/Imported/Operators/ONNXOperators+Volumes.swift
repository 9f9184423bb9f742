import RetortCore

/// Convolutions over three axes of space, as convolutions of planes.
extension ONNXOperators {
  /// The planes that each tap of the kernel meets become channels of one image.
  static func volumeConvolution(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let (x, weight) = (try call.tensor(0), try call.tensor(1))
    var window = try ONNXWindow(call, rank: 3, kernel: Array(weight.shape.dimensions[2...]))
    let extents = x.shape.dimensions
    window.padSame(Array(extents[2...]))
    let (groups, channels) = (call.int("group", 1), weight.shape[1])
    guard groups >= 1, extents[1] == groups.multipliedReportingOverflow(by: channels).partialValue
    else {
      throw ONNXFault("\(extents[1]) channels are not \(groups) groups of \(channels)")
    }
    let depth = window.outputs(Array(extents[2...]), isCeiling: false)[0]
    guard (1...ONNXConstant.limit).contains(depth), window.kernel[0] > 0 else {
      throw ONNXFault("a kernel of \(window.kernel) does not fit \(x.shape)")
    }
    let planes = x.transpose([0, 2, 3, 4, 1]).pad(
      low: [0, window.low[0], 0, 0, 0], high: [0, window.high[0], 0, 0, 0])
    var taps: [Tensor] = []
    for tap in 0..<window.kernel[0] {
      let places = (0..<depth).map { $0 * window.strides[0] + tap * window.dilations[0] }
      taps.append(
        try gathered(planes, places, axis: 1)
          .reshape([-1, extents[3], extents[4], groups, 1, channels]))
    }
    let images = Tensor.concatenate(taps, axis: 4)
      .reshape([-1, extents[3], extents[4], extents[1] * taps.count])
    let kernel = weight.transpose([0, 3, 4, 2, 1])
      .reshape([weight.shape[0], window.kernel[1], window.kernel[2], -1])
    let y = try biased(images.convolution(kernel, window.plane.convolution(groups: groups)), call)
    guard y.graph.error == nil else { return [.plain(y)] }
    let shape = [extents[0], depth] + y.shape.dimensions.dropFirst()
    return [.plain(y.reshape(shape).transpose([0, 4, 1, 2, 3]))]
  }

  /// The sum of transposed convolutions of planes by each tap, with planes of zeros between and around them.
  static func transposedVolumeConvolution(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let (x, weight) = (try call.tensor(0), try call.tensor(1))
    let extents = x.shape.dimensions
    guard extents[1] == weight.shape[0], extents[2] > 0 else {
      throw ONNXFault("\(x.shape) meets weights of \(weight.shape[0]) channels")
    }
    var window = try ONNXWindow(call, rank: 3, kernel: Array(weight.shape.dimensions[2...]))
    let output = try transposedOutput(call, &window, Array(extents[2...]), rank: 3)
    let images = x.transpose([0, 2, 3, 4, 1]).reshape([-1, extents[3], extents[4], extents[1]])
    let stride = window.strides[0]
    let spread = (extents[2] - 1) * stride + 1
    // The planes that there are before those outside of the output are left out.
    let whole = max(
      spread + window.reach(0) - 1 + window.outputPadding[0], output[0] + window.low[0])
    var sum: Tensor?
    for tap in 0..<window.kernel[0] {
      let kernel = weight.slice(axis: 2, tap..<tap + 1).transpose([0, 3, 4, 1, 2])
        .reshape([weight.shape[0], window.kernel[1], window.kernel[2], weight.shape[1]])
      let y = images.convolutionInputGradient(
        kernel, window.plane.convolution(groups: call.int("group", 1)), inputHeight: output[1],
        inputWidth: output[2])
      guard y.graph.error == nil else { return [.plain(y)] }
      let start = tap * window.dilations[0]
      let spaced = y.reshape([extents[0], extents[2], 1, -1])
        .pad(low: [0, 0, 0, 0], high: [0, 0, stride - 1, 0])
        .reshape([extents[0], extents[2] * stride, -1]).slice(axis: 1, 0..<spread)
        .pad(low: [0, start, 0], high: [0, whole - spread - start, 0])
      sum = sum.map { $0 + spaced } ?? spaced
    }
    guard let sum else { throw ONNXFault("its kernel is empty") }
    let planes = sum.slice(axis: 1, window.low[0]..<window.low[0] + output[0])
      .reshape([extents[0], output[0], output[1], output[2], -1])
    return [.plain(try biased(planes, call).transpose([0, 4, 1, 2, 3]))]
  }
}
