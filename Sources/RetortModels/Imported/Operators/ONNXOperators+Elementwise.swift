import RetortCore

extension ONNXOperators {
  /// Operators of single elements.
  static let elementwise: [String: ONNXOperator] = [
    "Abs": map { $0.abs() },
    "Add": combine { $0 + $1 },
    "And": combine { $0 * $1 },
    "Cast": cast,
    "CastLike": cast,
    "Ceil": map { -((-$0).unary(.floor)) },
    "Clip": clip,
    "Cos": map { $0.unary(.cos) },
    "Div": combine { $0 / $1 },
    "Equal": combine { $0.equal($1) },
    "Erf": map { $0.erf() },
    "Exp": map { $0.exp() },
    "Floor": map { $0.unary(.floor) },
    "Greater": combine { $0.greater($1) },
    "GreaterOrEqual": combine { $0.greaterOrEqual($1) },
    "Identity": { call throws(ONNXFault) in [try call.value(0)] },
    "Less": combine { $1.greater($0) },
    "LessOrEqual": combine { $1.greaterOrEqual($0) },
    "Log": map { $0.log() },
    "Max": fold { $0.maximum($1) },
    "Mean": mean,
    "Min": fold { $0.minimum($1) },
    "Mul": combine { $0 * $1 },
    "Neg": map { -$0 },
    "Not": map { 1 - $0 },
    "Or": fold { $0.maximum($1) },
    "Pow": power,
    "Reciprocal": map { $0.reciprocal() },
    "Sign": map { $0.unary(.sign) },
    "Sin": map { $0.unary(.sin) },
    "Sqrt": map { $0.sqrt() },
    "Sub": combine { $0 - $1 },
    "Sum": fold { $0 + $1 },
    "Where": choose,
    "Xor": combine { ($0 - $1).abs() },
  ]

  /// A function of one operand.
  static func map(_ function: @escaping @Sendable (Tensor) -> Tensor) -> ONNXOperator {
    { call throws(ONNXFault) in [try call.value(0).mapped(in: call.graph, function)] }
  }

  /// A function of two operands, which broadcast; a result of whole numbers is cut off to whole ones.
  static func combine(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> ONNXOperator {
    { call throws(ONNXFault) in
      let values = [try call.value(0), try call.value(1)]
      let (tensors, isImage) = try ONNXValue.aligned(values, in: call.graph)
      return [
        .tensor(function(tensors[0], tensors[1]), isImage: isImage)
          .whole(if: values.allSatisfy(\.isWhole))
      ]
    }
  }

  /// A function of two operands, applied to any number from the first to the last.
  static func fold(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> ONNXOperator {
    { call throws(ONNXFault) in
      let values = call.inputs.compactMap(\.self)
      let (tensors, isImage) = try ONNXValue.aligned(values, in: call.graph)
      guard let first = tensors.first else { throw ONNXFault("it has no input") }
      let result = tensors.dropFirst().reduce(first, function)
      return [
        .tensor(result, isImage: isImage).whole(if: values.allSatisfy(\.isWhole))
      ]
    }
  }

  private static func mean(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let sum = try fold { $0 + $1 }(call)
    let count = Double(call.inputs.count)
    return [try sum[0].mapped(in: call.graph) { $0 / count }]
  }

  private static func clip(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let graph = call.graph
    guard call.opset >= 11 else {
      let (low, high) = (call.float("min", -.infinity), call.float("max", .infinity))
      return [
        try call.value(0).mapped(in: graph) {
          bounded($0, low.isFinite ? graph.fill(low) : nil, high.isFinite ? graph.fill(high) : nil)
        }
      ]
    }
    let low = try call.optional(1)?.numbers(in: graph).reshape(to: .scalar)
    let high = try call.optional(2)?.numbers(in: graph).reshape(to: .scalar)
    return [try call.value(0).mapped(in: graph) { bounded($0, low, high) }]
  }

  /// Elements within two bounds, which receive no gradient; the upper one prevails.
  private static func bounded(_ x: Tensor, _ low: Tensor?, _ high: Tensor?) -> Tensor {
    var result = x
    if let low { result = low.greater(result).select(low.stopGradient(), result) }
    if let high { result = result.greater(high).select(high.stopGradient(), result) }
    return result
  }

  /// Powers with a fixed whole exponent are products, which take negative bases too.
  private static func power(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    guard let exponent = call.optional(1)?.constant?.numbers, exponent.count == 1,
      call.optional(1)?.shape.count ?? 0 <= (try call.value(0)).shape.count
    else { return try combine { $0.power($1) }(call) }
    return [
      try call.value(0).mapped(in: call.graph) { x in
        switch exponent[0] {
        case 0.5: return x.sqrt()
        case -0.5: return x.rsqrt()
        case -1: return x.reciprocal()
        case 1: return x
        case 2: return x.square()
        case 3: return x.square() * x
        case 4: return x.square().square()
        default: return x.power(x.graph.fill(exponent[0]))
        }
      }
    ]
  }

  private static func choose(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let values = [try call.value(0), try call.value(1), try call.value(2)]
    let (tensors, isImage) = try ONNXValue.aligned(values, in: call.graph)
    return [
      .tensor(tensors[0].select(tensors[1], tensors[2]), isImage: isImage)
        .whole(if: values[1].isWhole && values[2].isWhole)
    ]
  }

  /// Conversions: numbers stay float32, whole ones are cut off, and truths are 0 and 1.
  private static func cast(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let value = try call.value(0)
    let type: Int
    if call.node.operation == "Cast" {
      type = call.int("to", 1)
    } else {
      type = call.isTruth(1) ? 9 : try call.value(1).isWhole ? 7 : 1
    }
    switch type {
    case 1, 10, 11, 16:
      guard case .tensor(let tensor, let isImage) = value else {
        return [.plain(try value.numbers(in: call.graph))]
      }
      return [.tensor(tensor.toFloat(), isImage: isImage)]
    case 9:
      return [try value.mapped(in: call.graph) { 1 - $0.equal($0.graph.fill(0)) }]
    case 2...7, 12, 13: return [try value.mapped(in: call.graph) { $0 }.whole(if: true)]
    default: throw ONNXFault("it converts to type \(type) of ONNX, which Retort lacks")
    }
  }

  /// Whether a node's first output is true or false in each place.
  static func isTruth(_ call: ONNXCall) -> Bool {
    switch call.node.operation {
    case "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "Or", "Xor":
      true
    case "Cast": call.int("to", 1) == 9
    case "CastLike", "Where": call.isTruth(1)
    case "Concat", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape", "Slice", "Squeeze",
      "Tile", "Transpose", "Trilu", "Unsqueeze":
      call.isTruth(0)
    default: false
    }
  }
}
