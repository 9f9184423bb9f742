import RetortCore

extension ONNXOperators {
  /// Convolutions.
  static let convolutions: [String: ONNXOperator] = [
    "Conv": convolution,
    "ConvTranspose": transposedConvolution,
  ]

  /// The number of axes of space of the first input.
  static func spaceRank(_ call: ONNXCall) throws(ONNXFault) -> Int {
    try call.value(0).shape.count - 2
  }

  /// A result over two axes of space as a value of the file's rank.
  static func result(_ y: Tensor, rank: Int) -> [ONNXValue] {
    guard rank == 1, y.graph.error == nil else { return [.image(y)] }
    return [.plain(y.reshape([y.shape[0], y.shape[2], y.shape[3]]).transpose([0, 2, 1]))]
  }

  private static func convolution(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let rank = try kernelRank(call)
    if rank == 3 { return try volumeConvolution(call) }
    let (x, weight) = (try call.image(0), try call.image(1))
    var window = try ONNXWindow(call, rank: rank, kernel: [weight.shape[1], weight.shape[2]])
    window.padSame([x.shape[1], x.shape[2]])
    let y = x.convolution(weight, window.convolution(groups: call.int("group", 1)))
    return result(try biased(y, call), rank: rank)
  }

  private static func transposedConvolution(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let rank = try kernelRank(call)
    if rank == 3 { return try transposedVolumeConvolution(call) }
    let (x, weight) = (try call.image(0), try call.image(1))
    guard x.shape[3] == weight.shape[0] else {
      throw ONNXFault("\(x.shape[3]) channels meet weights of \(weight.shape[0])")
    }
    var window = try ONNXWindow(call, rank: rank, kernel: [weight.shape[1], weight.shape[2]])
    let output = try transposedOutput(call, &window, [x.shape[1], x.shape[2]], rank: rank)
    let y = x.convolutionInputGradient(
      weight, window.convolution(groups: call.int("group", 1)), inputHeight: output[0],
      inputWidth: output[1])
    return result(try biased(y, call), rank: rank)
  }

  /// The number of axes of space of the first input, which is that of the kernel.
  private static func kernelRank(_ call: ONNXCall) throws(ONNXFault) -> Int {
    let rank = try spaceRank(call)
    guard (1...3).contains(rank), try call.value(1).shape.count == rank + 2 else {
      throw ONNXFault("it has \(rank) axes of space; one to three are supported")
    }
    return rank
  }

  /// The extents of a transposed convolution's output, to which `window` is padded.
  static func transposedOutput(
    _ call: ONNXCall, _ window: inout ONNXWindow, _ input: [Int], rank: Int
  ) throws(ONNXFault) -> [Int] {
    var wanted = call.ints("output_shape")
    if let given = wanted {
      guard given.count == rank, given.allSatisfy({ (1...1 << 30).contains($0) }) else {
        throw ONNXFault("its output of \(given.prefix(4)) is none of \(rank) axes")
      }
      if rank == 1 { wanted = [1] + given }
    }
    let output = try window.padTransposed(input, output: wanted)
    guard output.allSatisfy({ (1...1 << 30).contains($0) }) else {
      throw ONNXFault("its output would be of \(output)")
    }
    return output
  }

  /// A convolution's result with the bias of each of its channels, which are its last axis.
  static func biased(_ y: Tensor, _ call: ONNXCall) throws(ONNXFault) -> Tensor {
    guard let bias = try call.optional(2)?.numbers(in: call.graph) else { return y }
    guard bias.shape == [y.shape[-1]] else {
      throw ONNXFault("a bias of \(bias.shape) does not fit \(y.shape[-1]) channels")
    }
    return y + bias
  }
}
