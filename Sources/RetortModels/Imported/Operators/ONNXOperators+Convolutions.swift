import RetortCore

extension ONNXOperators {
  /// Convolutions and poolings.
  static let convolutions: [String: ONNXOperator] = [
    "AveragePool": averagePool,
    "Conv": convolution,
    "ConvTranspose": transposedConvolution,
    "GlobalAveragePool": { call throws(ONNXFault) in
      try global(call) { $0.mean(axes: $1, keepingAxes: true) }
    },
    "GlobalMaxPool": { call throws(ONNXFault) in
      try global(call) { $0.maximum(axes: $1, keepingAxes: true) }
    },
    "MaxPool": maxPool,
  ]

  /// The number of axes of space of the first input.
  private static func spaceRank(_ call: ONNXCall) throws(ONNXFault) -> Int {
    try call.value(0).shape.count - 2
  }

  /// A result over two axes of space as a value of the file's rank.
  private static func result(_ y: Tensor, rank: Int) -> [ONNXValue] {
    guard rank == 1, y.graph.error == nil else { return [.image(y)] }
    return [.plain(y.reshape([y.shape[0], y.shape[2], y.shape[3]]).transpose([0, 2, 1]))]
  }

  private static func convolution(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let rank = try spaceRank(call)
    guard rank == 1 || rank == 2, try call.value(1).shape.count == rank + 2 else {
      throw ONNXFault("it has \(rank) axes of space; one and two are supported")
    }
    let (x, weight) = (try call.image(0), try call.image(1))
    var window = try ONNXWindow(call, rank: rank, kernel: [weight.shape[1], weight.shape[2]])
    window.padSame([x.shape[1], x.shape[2]])
    let y = x.convolution(weight, window.convolution(groups: call.int("group", 1)))
    return result(try biased(y, call), rank: rank)
  }

  private static func transposedConvolution(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let rank = try spaceRank(call)
    guard rank == 1 || rank == 2, try call.value(1).shape.count == rank + 2 else {
      throw ONNXFault("it has \(rank) axes of space; one and two are supported")
    }
    let (x, weight) = (try call.image(0), try call.image(1))
    guard x.shape[3] == weight.shape[0] else {
      throw ONNXFault("\(x.shape[3]) channels meet weights of \(weight.shape[0])")
    }
    var window = try ONNXWindow(call, rank: rank, kernel: [weight.shape[1], weight.shape[2]])
    var wanted = call.ints("output_shape")
    if let given = wanted {
      guard given.count == rank, given.allSatisfy({ (1...1 << 30).contains($0) }) else {
        throw ONNXFault("its output of \(given.prefix(4)) is none of \(rank) axes")
      }
      if rank == 1 { wanted = [1] + given }
    }
    let output = try window.padTransposed([x.shape[1], x.shape[2]], output: wanted)
    guard output.allSatisfy({ (1...1 << 30).contains($0) }) else {
      throw ONNXFault("its output would be of \(output)")
    }
    let y = x.convolutionInputGradient(
      weight, window.convolution(groups: call.int("group", 1)), inputHeight: output[0],
      inputWidth: output[1])
    return result(try biased(y, call), rank: rank)
  }

  private static func biased(_ y: Tensor, _ call: ONNXCall) throws(ONNXFault) -> Tensor {
    guard let bias = try call.optional(2)?.numbers(in: call.graph) else { return y }
    guard bias.shape == [y.shape[-1]] else {
      throw ONNXFault("a bias of \(bias.shape) does not fit \(y.shape[-1]) channels")
    }
    return y + bias
  }

  private static func maxPool(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    guard call.node.outputs.count { !$0.isEmpty } == 1 else {
      throw ONNXFault("it gives indices; the maxima alone are supported")
    }
    let rank = try spaceRank(call)
    let (x, pooling) = try pooling(call, rank)
    return result(x.maxPool(pooling), rank: rank)
  }

  private static func averagePool(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let rank = try spaceRank(call)
    var (x, pooling) = try pooling(call, rank)
    pooling.countsPadding = call.int("count_include_pad", 0) != 0
    if pooling.countsPadding, call.int("ceil_mode", 0) != 0 {
      throw ONNXFault("it counts padding in windows of rounded up size")
    }
    return result(x.averagePool(pooling), rank: rank)
  }

  private static func pooling(
    _ call: ONNXCall, _ rank: Int
  ) throws(ONNXFault) -> (x: Tensor, Pooling) {
    guard rank == 1 || rank == 2 else {
      throw ONNXFault("it has \(rank) axes of space; one and two are supported")
    }
    let x = try call.image(0)
    var window = try ONNXWindow(call, rank: rank)
    let input = [x.shape[1], x.shape[2]]
    window.padSame(input)
    return (x, try window.pooling(input, isCeiling: call.int("ceil_mode", 0) != 0))
  }

  /// A reduction over all axes of space.
  private static func global(
    _ call: ONNXCall, _ function: (Tensor, [Int]) -> Tensor
  ) throws(ONNXFault) -> [ONNXValue] {
    let rank = try spaceRank(call)
    guard rank >= 1 else { throw ONNXFault("its input has no axes of space") }
    if rank == 2 { return [.image(function(try call.image(0), [1, 2]))] }
    return [.plain(function(try call.tensor(0), Array(2..<rank + 2)))]
  }
}
