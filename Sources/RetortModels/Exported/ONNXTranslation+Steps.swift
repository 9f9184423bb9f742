import RetortCore
import RetortFormats
import RetortNN

extension ONNXTranslation {
  /// The value of a step.
  ///
  /// - Throws: `ExportError` naming the node.
  func value(of step: ExportedStep, _ id: Int32) throws(ExportError) -> ExportedValue {
    switch step {
    case .parameter(let parameter):
      return ExportedValue(name: weight(parameter), layout: ExportedLayout(parameter))
    case .alias(let source): return try value(source)
    case .contraction(let product, let bias): return try contraction(product, bias: bias, id)
    case .batchNorm(let x, let gamma, let beta, let mean, let variance, let epsilon):
      let layout = ExportedLayout.order([0, rank(x) - 1] + Array(1..<max(1, rank(x) - 1)))
      var inputs = [try tensor(x, layout, .number)]
      for row in [gamma, beta, mean, variance] { inputs.append(try plain(row, .number)) }
      let name = add(
        "BatchNormalization", inputs, ["epsilon": .float(Float(epsilon))], for: id)
      return ExportedValue(name: name, layout: layout)
    case .layerNorm(let x, let gamma, let beta, let epsilon):
      var inputs: [String] = []
      for operand in [x, gamma, beta] { inputs.append(try plain(operand, .number)) }
      let name = add(
        "LayerNormalization", inputs,
        ["axis": .int(-1), "epsilon": .float(Float(epsilon))], for: id)
      return ExportedValue(name: name, layout: .plain(rank(id)))
    case .mean(let x, let axes):
      let value = try ordered(x)
      let places = axes.map(value.layout.place).sorted()
      let name =
        rank(x) == 4 && places == [2, 3]
        ? add("GlobalAveragePool", [value.name], for: id)
        : add("ReduceMean", [value.name], ["axes": .ints(places), "keepdims": .int(1)], for: id)
      return ExportedValue(name: name, layout: value.layout)
    case .clip(let x, let low, let high):
      let value = try number(x)
      let name = add("Clip", [value.name, number(low), number(high)], for: id)
      return ExportedValue(name: name, layout: value.layout)
    case .activation(let operation, let x, let attributes):
      let value = try number(x)
      let name = add(
        operation, [value.name], attributes.mapValues { .float($0) }, for: id)
      return ExportedValue(name: name, layout: value.layout)
    case .operation: return try operation(id)
    }
  }

  /// A value in its own layout, as numbers.
  func number(_ id: Int32) throws(ExportError) -> ExportedValue {
    let value = try value(id)
    return ExportedValue(name: try tensor(id, value.layout, .number), layout: value.layout)
  }

  /// A value with whole axes, in an order of its own.
  func ordered(
    _ id: Int32, _ kind: ExportedValue.Kind? = .number
  ) throws(ExportError) -> ExportedValue {
    let value = try value(id)
    var layout = value.layout
    if case .flattened = layout { layout = .plain(rank(id)) }
    return ExportedValue(
      name: try tensor(id, layout, kind), layout: layout, kind: kind ?? value.kind)
  }

  // MARK: Contractions

  /// A convolution or a product of matrices with its bias, in the shape of `id`.
  private func contraction(
    _ product: Int32, bias: Int32?, _ id: Int32
  ) throws(ExportError) -> ExportedValue {
    let (x, weight) = (plan.operand(product, 0), plan.operand(product, 1))
    if case .matmul(let transposeA, let transposeB) = plan.op(product) {
      let result = try matrices(
        x, weight, bias, transposeA: transposeA, transposeB: transposeB, product)
      guard plan.shape(id) != plan.shape(product) else { return result }
      values[product] = result
      let whole = try plain(product)
      values[product] = nil
      return ExportedValue(
        name: try reshaped(whole, extents(id), for: id), layout: .plain(rank(id)))
    }
    var inputs = [
      try tensor(x, .channelsFirst, .number), try tensor(weight, .channelsFirst, .number),
    ]
    if let bias { inputs.append(try plain(bias, .number)) }
    let name: String
    if case .convolution(let geometry) = plan.op(product) {
      name = add("Conv", inputs, window(geometry, plan.shape(weight)), for: product)
    } else if case .convolutionInputGradient(let geometry) = plan.op(product) {
      var attributes = window(geometry, plan.shape(weight))
      attributes["output_padding"] = .ints(
        rest(geometry, plan.shape(x), plan.shape(weight), plan.shape(product)))
      name = add("ConvTranspose", inputs, attributes, for: product)
    } else {
      throw training(product)
    }
    return ExportedValue(name: name, layout: .channelsFirst)
  }

  private func window(_ g: Convolution, _ weight: Shape) -> [String: ONNXAttribute] {
    [
      "kernel_shape": .ints([weight[1], weight[2]]), "strides": .ints([g.strideY, g.strideX]),
      "pads": .ints([g.padTop, g.padLeft, g.padBottom, g.padRight]),
      "dilations": .ints([g.dilationY, g.dilationX]), "group": .int(g.groups),
    ]
  }

  /// Rows and columns of a transposed convolution that no window ends at.
  private func rest(_ g: Convolution, _ x: Shape, _ weight: Shape, _ y: Shape) -> [Int] {
    let height =
      (x[1] - 1) * g.strideY - g.padTop - g.padBottom + g.dilationY * (weight[1] - 1) + 1
    let width = (x[2] - 1) * g.strideX - g.padLeft - g.padRight + g.dilationX * (weight[2] - 1) + 1
    return [y[1] - height, y[2] - width]
  }

  /// A product of two matrices; a flattened image stays in the order in which weights of files have it.
  private func matrices(
    _ a: Int32, _ b: Int32, _ bias: Int32?, transposeA: Bool, transposeB: Bool, _ id: Int32
  ) throws(ExportError) -> ExportedValue {
    var (left, right) = (try value(a).layout, try value(b).layout)
    let (inner, columns) = transposeB ? (1, 0) : (0, 1)
    let rows = transposeA ? 0 : 1
    var result = ExportedLayout.plain(2)
    if case .flattened(let image, inner) = right {
      left = .flattened(image, axis: rows)
    } else if case .flattened(let image, columns) = right {
      result = .flattened(image, axis: 1)
      if case .flattened = left { left = .plain(2) }
    } else if case .flattened = left {
      left = .plain(2)
    }
    // A matrix that lies transposed is read so.
    let (isTurnedA, isTurnedB) = (left == .order([1, 0]), right == .order([1, 0]))
    var inputs = [try tensor(a, left, .number), try tensor(b, right, .number)]
    if let bias { inputs.append(try spread(bias, result, rank: 2, .number)) }
    let name = add(
      "Gemm", inputs,
      [
        "transA": .int(transposeA != isTurnedA ? 1 : 0),
        "transB": .int(transposeB != isTurnedB ? 1 : 0),
      ], for: id)
    return ExportedValue(name: name, layout: result)
  }

  /// Products of the matrices of two stacks.
  func stackedProduct(
    _ id: Int32, transposeA: Bool, transposeB: Bool
  ) throws(ExportError) -> ExportedValue {
    var order = Array(0..<rank(id))
    order.swapAt(rank(id) - 2, rank(id) - 1)
    let plain = ExportedLayout.plain(rank(id))
    let inputs = [
      try tensor(plan.operand(id, 0), transposeA ? .order(order) : plain, .number),
      try tensor(plan.operand(id, 1), transposeB ? .order(order) : plain, .number),
    ]
    return ExportedValue(name: add("MatMul", inputs, for: id), layout: plain)
  }

  /// The fault of an operation of training.
  func training(_ id: Int32) -> ExportError {
    .training(operation: plan.trace.graph.label(id), node: plan.trace.graph.place(id))
  }

  /// The fault of an operation that holds for one number of examples.
  func fixed(_ id: Int32) -> ExportError {
    .fixedBatch(operation: plan.trace.graph.label(id), node: plan.trace.graph.place(id))
  }
}
