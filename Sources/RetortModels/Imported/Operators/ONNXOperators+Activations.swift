import RetortCore
import RetortNN

extension ONNXOperators {
  /// Activation functions.
  static let activations: [String: ONNXOperator] = [
    "Celu": { call throws(ONNXFault) in
      let alpha = call.float("alpha", 1)
      return try map { elu($0, alpha, scale: 1 / alpha) }(call)
    },
    "Dropout": dropout,
    "Elu": { call throws(ONNXFault) in
      let alpha = call.float("alpha", 1)
      return try map { elu($0, alpha, scale: 1) }(call)
    },
    "Gelu": { call throws(ONNXFault) in
      call.text("approximate") == "tanh"
        ? try map(geluByTanh)(call) : try map { $0.gelu() }(call)
    },
    "HardSigmoid": { call throws(ONNXFault) in
      let (alpha, beta) = (call.float("alpha", Double(Float(0.2))), call.float("beta", 0.5))
      return try map { hardSigmoid($0, alpha, beta) }(call)
    },
    "HardSwish": map { $0.hardSwish() },
    "LeakyRelu": { call throws(ONNXFault) in
      let slope = call.float("alpha", Double(Float(0.01)))
      return try map { $0.relu() * (1 - slope) + $0 * slope }(call)
    },
    "LogSoftmax": { call throws(ONNXFault) in try alongAxis(call) { $0.logSoftmax() } },
    "Mish": map { $0 * $0.softplus().tanh() },
    "PRelu": leak,
    "Relu": map { $0.relu() },
    "Selu": { call throws(ONNXFault) in
      let alpha = call.float("alpha", Double(Float(1.67326319217681884765625)))
      let gamma = call.float("gamma", Double(Float(1.05070102214813232421875)))
      return try map { elu($0, alpha, scale: 1) * gamma }(call)
    },
    "Sigmoid": map { $0.sigmoid() },
    "Softmax": { call throws(ONNXFault) in try alongAxis(call) { $0.softmax() } },
    "Softplus": map { $0.softplus() },
    "Softsign": map { $0 / ($0.abs() + 1) },
    "Swish": { call throws(ONNXFault) in
      let alpha = call.float("alpha", 1)
      return try map { $0 * ($0 * alpha).sigmoid() }(call)
    },
    "Tanh": map { $0.tanh() },
    "ThresholdedRelu": { call throws(ONNXFault) in
      let alpha = call.float("alpha", 1)
      return try map { $0 * $0.greater($0.graph.fill(alpha)) }(call)
    },
  ]

  /// `max(x, 0) + alpha·(exp(min(x, 0)·scale) − 1)`.
  private static func elu(_ x: Tensor, _ alpha: Double, scale: Double) -> Tensor {
    x.relu() + (-(-x).relu() * scale).unary(.expm1) * alpha
  }

  private static func hardSigmoid(_ x: Tensor, _ alpha: Double, _ beta: Double) -> Tensor {
    if abs(alpha - 1.0 / 6) < 1e-7, beta == 0.5 { return x.hardSigmoid() }
    return (x * alpha + beta).clamp(0, 1)
  }

  private static func geluByTanh(_ x: Tensor) -> Tensor {
    let inner = (x + x.square() * x * 0.044715) * (2 / Double.pi).squareRoot()
    return x * 0.5 * (inner.tanh() + 1)
  }

  /// Negative elements multiplied by slopes; before version 7, one for each channel.
  private static func leak(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let function = combine { $0.relu() - $1 * (-$0).relu() }
    let (x, slopes) = (try call.value(0), try call.tensor(1))
    guard call.opset < 7, slopes.shape.rank == 1, x.shape.count > 1, x.shape[1] == slopes.shape[0]
    else { return try function(call) }
    let column = [slopes.shape[0]] + Array(repeating: 1, count: x.shape.count - 2)
    return try function(call.with([x, .plain(slopes.reshape(column))]))
  }

  /// A function of rows along `axis`; before version 13, of all axes from it on together.
  private static func alongAxis(
    _ call: ONNXCall, _ function: (Tensor) -> Tensor
  ) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let rank = x.shape.rank
    guard rank > 0 else { return [.plain(function(x.reshape([1])).reshape(to: .scalar))] }
    let axis = try call.axis(call.int("axis", call.opset < 13 ? 1 : -1), rank: rank)
    if call.opset < 13 {
      let rows = x.shape.dimensions[..<axis].reduce(1, *)
      return [.plain(function(x.reshape([rows, -1])).reshape(to: x.shape))]
    }
    if axis == rank - 1 { return [.plain(function(x))] }
    var order = Array(0..<rank)
    order.swapAt(axis, rank - 1)
    return [.plain(function(x.transpose(order)).transpose(order))]
  }

  /// Active while a student trains, as Retort's own.
  private static func dropout(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let value = try call.value(0)
    let ratio = try call.number(1) ?? call.float("ratio", 0.5)
    guard call.context.mode == .training, ratio > 0, ratio < 1,
      let state = call.context.randomState
    else { return [value, .plain(call.graph.fill(1, try Shape(onnx: value.shape)))] }
    let stream = call.context.streams.next()
    func dropped(_ value: ONNXValue) throws(ONNXFault) -> ONNXValue {
      try value.mapped(in: call.graph) {
        $0.dropout(probability: ratio, state: state, stream: stream)
      }
    }
    let ones = try value.mapped(in: call.graph) { $0.graph.fill(1, $0.shape) }
    let mask = try dropped(ones).mapped(in: call.graph) { $0.greater($0.graph.fill(0)) }
    return [try dropped(value), mask]
  }
}
