import RetortCore
import RetortNN

extension ONNXOperators {
  /// Operators that shift and scale by means and variances.
  static let normalisations: [String: ONNXOperator] = [
    "BatchNormalization": batchNorm,
    "GroupNormalization": groupNorm,
    "InstanceNormalization": instanceNorm,
    "LayerNormalization": layerNorm,
    "LpNormalization": lpNorm,
    "RMSNormalization": rmsNorm,
  ]

  /// By running statistics, or by the batch's where the file says so; those of a student follow its batches
  /// while it trains.
  private static func batchNorm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    guard call.int("spatial", 1) == 1 else {
      throw ONNXFault("it has means of every pixel; those of channels are supported")
    }
    let value = try call.value(0)
    let rank = value.shape.count
    guard rank >= 2 else { throw ONNXFault("\(value.shape) has no channels") }
    let isImage = rank == 4
    let order = [0] + (2..<rank) + [1]
    let x = isImage ? try call.image(0) : try call.tensor(0).transpose(order)
    let (gamma, beta) = (try call.tensor(1), try call.tensor(2))
    let (mean, variance) = (try call.tensor(3), try call.tensor(4))
    let channels = value.shape[1]
    guard [gamma, beta, mean, variance].allSatisfy({ $0.shape == [channels] }) else {
      throw ONNXFault("its parameters are not of the \(channels) channels")
    }
    let epsilon = call.float("epsilon", Double(Float(1e-5)))
    let result: Tensor
    var moved: [Tensor] = []
    if call.context.mode == .training, let running = call.parameters[call.node.inputs[3]],
      running.role == .runningMean
    {
      result = call.context.batchNorm(
        x, gamma: gamma, beta: beta, runningMean: running, epsilon: epsilon,
        momentum: Float(1 - call.float("momentum", 0.9)))
    } else if call.int("training_mode", 0) != 0 {
      let (y, moments) = x.batchNorm(gamma: gamma, beta: beta, epsilon: epsilon)
      result = y
      let momentum = call.float("momentum", 0.9)
      moved = [(mean, moments.mean), (variance, moments.variance)].map {
        $0 * momentum + $1 * (1 - momentum)
      }
    } else {
      result = x.batchNorm(
        gamma: gamma, beta: beta, mean: mean, variance: variance, epsilon: epsilon)
    }
    let statistics = moved.map(ONNXValue.plain)
    if isImage || result.graph.error != nil {
      return [.tensor(result, isImage: isImage)] + statistics
    }
    return [.plain(result.transpose([0, rank - 1] + Array(1..<rank - 1)))] + statistics
  }

  private static func layerNorm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let axis = try call.axis(call.int("axis", -1), rank: x.shape.rank)
    let inner = Array(x.shape.dimensions[axis...])
    let count = inner.reduce(1, *)
    func row(_ index: Int, _ usual: Double) throws(ONNXFault) -> Tensor {
      guard let given = try call.optional(index)?.numbers(in: call.graph) else {
        return call.graph.fill(usual, [count])
      }
      guard Shape.broadcast(given.shape, Shape(inner)) == Shape(inner) else {
        throw ONNXFault("\(given.shape) does not scale rows of \(inner)")
      }
      return given.broadcast(to: Shape(inner)).reshape([count])
    }
    let result = x.reshape([-1, count]).layerNorm(
      gamma: try row(1, 1), beta: try row(2, 0),
      epsilon: call.float("epsilon", Double(Float(1e-5))))
    let whole = ONNXValue.plain(result.reshape(to: x.shape))
    guard call.node.outputs.count > 1 else { return [whole] }
    let axes = Array(axis..<x.shape.rank)
    let mean = x.mean(axes: axes, keepingAxes: true)
    let variance = (x - mean).square().mean(axes: axes, keepingAxes: true)
    let deviation = (variance + call.float("epsilon", Double(Float(1e-5)))).rsqrt()
    return [whole, .plain(mean), .plain(deviation)]
  }

  /// Rows over their root mean square, times a scale.
  private static func rmsNorm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let axis = try call.axis(call.int("axis", -1), rank: x.shape.rank)
    let inner = Shape(Array(x.shape.dimensions[axis...]))
    let scale = try call.tensor(1)
    guard Shape.broadcast(scale.shape, inner) == inner else {
      throw ONNXFault("\(scale.shape) does not scale rows of \(inner)")
    }
    let squares = x.square().mean(axes: Array(axis..<x.shape.rank), keepingAxes: true)
    let root = (squares + call.float("epsilon", Double(Float(1e-5)))).rsqrt()
    return [.plain(x * root * scale)]
  }

  private static func instanceNorm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    guard x.shape.rank >= 3 else { throw ONNXFault("\(x.shape) has no axes of space") }
    return try grouped(call, x, groups: x.shape[1])
  }

  private static func groupNorm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let groups = call.int("num_groups", 1)
    guard x.shape.rank >= 2, groups >= 1, x.shape[1] % groups == 0 else {
      throw ONNXFault("\(groups) groups do not divide the channels of \(x.shape)")
    }
    return try grouped(call, x, groups: groups)
  }

  /// Each group of channels of each example normalised by itself, then scaled and shifted.
  private static func grouped(
    _ call: ONNXCall, _ x: Tensor, groups: Int
  ) throws(ONNXFault) -> [ONNXValue] {
    let extents = x.shape.dimensions
    let count = extents[1...].reduce(1, *) / max(1, groups)
    let rows = x.reshape([extents[0] * groups, count]).layerNorm(
      gamma: call.graph.fill(1, [count]), beta: call.graph.fill(0, [count]),
      epsilon: call.float("epsilon", Double(Float(1e-5))))
    let whole = rows.reshape(extents)
    let column = [extents[1]] + Array(repeating: 1, count: extents.count - 2)
    // Version 18 of GroupNormalization has one number for a group.
    func channels(_ index: Int) throws(ONNXFault) -> Tensor {
      let given = try call.tensor(index)
      guard given.shape != [extents[1]] else { return given.reshape(column) }
      guard given.shape == [groups] else {
        throw ONNXFault("\(given.shape) does not scale \(extents[1]) channels")
      }
      return given.reshape([groups, 1]).broadcast(to: [groups, extents[1] / groups])
        .reshape(column)
    }
    return [.plain(whole * (try channels(1)) + (try channels(2)))]
  }

  private static func lpNorm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let axis = try call.axis(call.int("axis", -1), rank: x.shape.rank)
    let norm =
      call.int("p", 2) == 1
      ? x.abs().sum(axes: [axis], keepingAxes: true)
      : x.square().sum(axes: [axis], keepingAxes: true).sqrt()
    // Nothing stays nothing.
    return [.plain(x / norm.equal(call.graph.fill(0)).select(call.graph.fill(1), norm))]
  }
}
