import RetortCore
import RetortFormats
import RetortNN

extension ONNXTranslation {
  /// The value of an operation of the graph, as it stands.
  ///
  /// - Throws: `ExportError` for one of training, or one that holds for one number of examples.
  func operation(_ id: Int32) throws(ExportError) -> ExportedValue {
    let first = plan.trace.graph.operands(id).first ?? id
    switch plan.op(id) {
    case .input: return try value(id)
    case .variable(let slot, _, _):
      throw .foreignState(
        name: plan.trace.graph.variables[Int(slot)].name, node: plan.trace.graph.place(id))
    case .constant(let index): return try constant(Int(index), id)
    case .fill(let value):
      return whole(move("Expand", [number(value), wholeShape(extents(id), for: id)], for: id), id)
    case .unary(let op): return try unary(op, id)
    case .binary(let op): return try binary(op, id)
    case .select: return try select(id)
    case .reshape: return try reshape(first, id)
    case .transpose(let axes): return try transpose(first, (0..<rank(id)).map { Int(axes[$0]) })
    case .slice(let starts): return try slice(first, (0..<rank(id)).map { Int(starts[$0]) }, id)
    case .broadcast:
      let name = move(
        "Expand", [try plain(first), wholeShape(extents(id), for: id)], for: id)
      return whole(name, id, try value(first).kind)
    case .stopGradient: return try value(first)
    case .concatenate(let axis): return try concatenate(Int(axis), id)
    case .pad(let low): return try pad(first, (0..<rank(id)).map { Int(low[$0]) }, id)
    case .matmul(let transposeA, let transposeB):
      return try stackedProduct(id, transposeA: transposeA, transposeB: transposeB)
    case .reduce(let op, let mask):
      return try reduce(op, first, (0..<rank(first)).filter { mask >> UInt8($0) & 1 == 1 }, id)
    case .argmax:
      let name = add(
        "ArgMax", [try plain(first, .number)], ["axis": .int(-1), "keepdims": .int(0)], for: id)
      return whole(name, id, .integer)
    case .normalize: return try normalize(id)
    case .maxPool(let pooling):
      return image(
        add("MaxPool", [try tensor(first, .channelsFirst, .number)], window(pooling), for: id))
    case .averagePool(let pooling):
      var attributes = window(pooling)
      attributes["count_include_pad"] = .int(pooling.countsPadding ? 1 : 0)
      return image(
        add("AveragePool", [try tensor(first, .channelsFirst, .number)], attributes, for: id))
    case .gather:
      let inputs = [try plain(first, .number), try plain(plan.operand(id, 1), .integer)]
      return whole(add("Gather", inputs, ["axis": .int(0)], for: id), id)
    case .softmax: return try rows("Softmax", first, id)
    case .logSoftmax: return try rows("LogSoftmax", first, id)
    // Contractions with an operator of their own have a step of their own.
    case .convolution, .convolutionInputGradient: throw fixed(id)
    case .random, .poison, .pack, .convolutionWeightGradient, .moments, .maxPoolBackward,
      .maxPoolSelect, .averagePoolBackward, .scatterAdd, .softmaxBackward, .logSoftmaxBackward,
      .crossEntropy, .crossEntropyGradient, .divergence, .divergenceGradient, .augment,
      .latentStep:
      throw training(id)
    }
  }

  /// A result with its axes in the graph's order.
  private func whole(
    _ name: String, _ id: Int32, _ kind: ExportedValue.Kind = .number
  ) -> ExportedValue {
    ExportedValue(name: name, layout: .plain(rank(id)), kind: kind)
  }

  private func image(_ name: String) -> ExportedValue {
    ExportedValue(name: name, layout: .channelsFirst)
  }

  private func window(_ p: Pooling) -> [String: ONNXAttribute] {
    [
      "kernel_shape": .ints([p.height, p.width]), "strides": .ints([p.strideY, p.strideX]),
      "pads": .ints([p.padTop, p.padLeft, p.padBottom, p.padRight]),
    ]
  }

  /// Numbers that the graph fixes; they are a node, as training must not change them.
  private func constant(_ index: Int, _ id: Int32) throws(ExportError) -> ExportedValue {
    let array = plan.trace.graph.constants[index]
    let isDynamic = extents(id).contains { if case .batch = $0 { true } else { false } }
    let shape = isDynamic ? [] : plan.shape(id).dimensions
    let (tensor, kind): (HostTensor, ExportedValue.Kind)
    switch array {
    case .float32(let values):
      (tensor, kind) = (
        HostTensor(shape: shape, floats: isDynamic ? Array(values.prefix(1)) : values), .number
      )
    case .int32(let values):
      let values = values.map(Int64.init)
      (tensor, kind) = (
        HostTensor(shape: shape, int64s: isDynamic ? Array(values.prefix(1)) : values), .integer
      )
    case .uint8: throw training(id)
    }
    let name = add("Constant", [], ["value": .tensor(tensor)], for: id)
    guard isDynamic else { return whole(name, id, kind) }
    return whole(move("Expand", [name, wholeShape(extents(id), for: id)], for: id), id, kind)
  }

  // MARK: Element by element

  private func unary(_ op: UnaryOp, _ id: Int32) throws(ExportError) -> ExportedValue {
    let operand = plan.elementwiseOperands(id)[0]
    let x = try number(operand)
    func apply(_ operation: String, _ name: String) -> String { add(operation, [name], for: id) }
    var kind = ExportedValue.Kind.number
    let name: String
    switch op {
    case .negate: name = apply("Neg", x.name)
    case .absolute: name = apply("Abs", x.name)
    case .exp: name = apply("Exp", x.name)
    case .expm1: name = add("Sub", [apply("Exp", x.name), number(1)], for: id)
    case .log: name = apply("Log", x.name)
    case .log1p: name = apply("Log", add("Add", [x.name, number(1)], for: id))
    case .sqrt: name = apply("Sqrt", x.name)
    case .rsqrt: name = apply("Reciprocal", apply("Sqrt", x.name))
    case .reciprocal: name = apply("Reciprocal", x.name)
    case .square: name = add("Mul", [x.name, x.name], for: id)
    case .tanh: name = apply("Tanh", x.name)
    case .sigmoid: name = apply("Sigmoid", x.name)
    case .erf: name = apply("Erf", x.name)
    case .relu: name = apply("Relu", x.name)
    case .sign: name = apply("Sign", x.name)
    case .floor: name = apply("Floor", x.name)
    case .sin: name = apply("Sin", x.name)
    case .cos: name = apply("Cos", x.name)
    case .isPositive:
      name = add("Greater", [x.name, number(0)], for: id)
      kind = .truth
    case .toFloat: name = x.name
    }
    return ExportedValue(name: name, layout: x.layout, kind: kind)
  }

  private func binary(_ op: BinaryOp, _ id: Int32) throws(ExportError) -> ExportedValue {
    let operands = plan.elementwiseOperands(id)
    let layout = layout(of: id, operands)
    var inputs: [String] = []
    for operand in operands { inputs.append(try spread(operand, layout, rank: rank(id), .number)) }
    let (operation, kind): (String, ExportedValue.Kind) =
      switch op {
      case .add: ("Add", .number)
      case .subtract: ("Sub", .number)
      case .multiply: ("Mul", .number)
      case .divide: ("Div", .number)
      case .maximum: ("Max", .number)
      case .minimum: ("Min", .number)
      case .power: ("Pow", .number)
      case .greater: ("Greater", .truth)
      case .greaterOrEqual: ("GreaterOrEqual", .truth)
      case .equal: ("Equal", .truth)
      }
    return ExportedValue(name: add(operation, inputs, for: id), layout: layout, kind: kind)
  }

  private func select(_ id: Int32) throws(ExportError) -> ExportedValue {
    let operands = plan.elementwiseOperands(id)
    let layout = layout(of: id, operands)
    var inputs: [String] = []
    for (index, operand) in operands.enumerated() {
      inputs.append(
        try spread(operand, layout, rank: rank(id), index == 0 ? .truth : .number))
    }
    return ExportedValue(name: add("Where", inputs, for: id), layout: layout)
  }

  // MARK: Rows

  private func rows(
    _ operation: String, _ x: Int32, _ id: Int32
  ) throws(ExportError) -> ExportedValue {
    let value = try ordered(x)
    let name = add(
      operation, [value.name], ["axis": .int(value.layout.place(of: rank(x) - 1))], for: id)
    return ExportedValue(name: name, layout: value.layout)
  }

  private func reduce(
    _ op: ReduceOp, _ x: Int32, _ axes: [Int], _ id: Int32
  ) throws(ExportError) -> ExportedValue {
    let value = try ordered(x)
    let places = axes.map(value.layout.place).sorted()
    // Version 17 tells the axes of sums by an input, those of extremes by an attribute.
    let attributes: [String: ONNXAttribute] = ["axes": .ints(places), "keepdims": .int(1)]
    let name =
      switch op {
      case .sum:
        add("ReduceSum", [value.name, integers(places)], ["keepdims": .int(1)], for: id)
      case .maximum: add("ReduceMax", [value.name], attributes, for: id)
      case .minimum: add("ReduceMin", [value.name], attributes, for: id)
      }
    return ExportedValue(name: name, layout: value.layout)
  }

  /// `(x − mean)·deviation·gamma + beta`, by statistics that are computed.
  private func normalize(_ id: Int32) throws(ExportError) -> ExportedValue {
    let operands = plan.trace.graph.operands(id).map(plan.unstopped)
    let layout = ExportedLayout.plain(rank(id))
    var name = try plain(operands[0], .number)
    for (operation, operand) in zip(["Sub", "Mul", "Mul", "Add"], operands.dropFirst()) {
      name = add(
        operation, [name, try spread(operand, layout, rank: rank(id), .number)], for: id)
    }
    return ExportedValue(name: name, layout: layout)
  }
}
