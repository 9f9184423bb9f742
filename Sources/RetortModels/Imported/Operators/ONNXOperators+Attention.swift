import RetortCore

extension ONNXOperators {
  /// Attention as one operator, and what turns queries and keys by their places, of version 23 and later.
  static let attentions: [String: ONNXOperator] = [
    "Attention": attention, "RotaryEmbedding": rotaryEmbedding,
  ]

  private static func attention(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let isFlat = try call.value(0).shape.count == 3
    let query = try heads(call, 0, "q_num_heads")
    var (key, value) = (try heads(call, 1, "kv_num_heads"), try heads(call, 2, "kv_num_heads"))
    var past = 0
    if let before = call.optional(4) {
      past = before.shape.count == 4 ? before.shape[2] : 0
      key = Tensor.concatenate([try call.tensor(4), key], axis: 2)
      value = Tensor.concatenate([try call.tensor(5), value], axis: 2)
    }
    guard call.graph.error == nil else { return [.plain(key)] }
    let present = (key, value)
    (key, value) = (try repeated(key, query), try repeated(value, query))
    let scale = call.float("scale", 1 / Double(max(1, query.shape[3])).squareRoot())
    guard scale > 0 else { throw ONNXFault("it scales by \(scale)") }
    let root = scale.squareRoot()
    var scores = (query * root).matmul(key * root, transposeB: true)
    guard call.graph.error == nil else { return [.plain(scores)] }
    var shown = scores
    let mode = call.int("qk_matmul_output_mode", 0)
    let cap = call.float("softcap", 0)
    if cap > 0 { scores = (scores / cap).tanh() * cap }
    if mode == 1 { shown = scores }
    let bias = try bias(call, queries: query.shape[2], keys: key.shape[2], past: past)
    if mode == 2 { shown = bias.map { scores + $0 } ?? scores }
    var weights: Tensor
    if let bias {
      // A query that may attend to nothing has no weights.
      let graph = call.graph
      let isNothing = bias.maximum(axes: [bias.shape.rank - 1], keepingAxes: true)
        .equal(graph.fill(-.infinity))
      weights = (scores + isNothing.select(graph.fill(0), bias)).softmax()
      weights = isNothing.select(graph.fill(0), weights)
    } else {
      weights = scores.softmax()
    }
    if mode == 3 { shown = weights }
    var result = weights.matmul(value)
    guard call.graph.error == nil else { return [.plain(result)] }
    if isFlat {
      result = result.transpose([0, 2, 1, 3])
        .reshape([query.shape[0], query.shape[2], query.shape[1] * value.shape[3]])
    }
    return [.plain(result), .plain(present.0), .plain(present.1), .plain(shown)]
  }

  /// An input as `[batch, heads, length, size]`; one of three axes has its heads side by side.
  private static func heads(
    _ call: ONNXCall, _ index: Int, _ attribute: String
  ) throws(ONNXFault) -> Tensor {
    let x = try call.tensor(index)
    guard x.shape.rank != 4 else { return x }
    let count = call.int(attribute, 0)
    guard x.shape.rank == 3, count > 0, x.shape[2] % count == 0 else {
      throw ONNXFault("\(x.shape) is not of \(count) heads")
    }
    return x.reshape([x.shape[0], x.shape[1], count, x.shape[2] / count]).transpose([0, 2, 1, 3])
  }

  /// Heads of keys or values, each repeated for the heads of queries that share it.
  private static func repeated(_ x: Tensor, _ query: Tensor) throws(ONNXFault) -> Tensor {
    let (e, count) = (x.shape.dimensions, query.shape[1])
    guard query.shape.rank == 4, x.shape.rank == 4, e[0] == query.shape[0], e[1] > 0,
      count % e[1] == 0
    else { throw ONNXFault("\(count) heads of queries do not share \(x.shape)") }
    if e[1] == count { return x }
    let wide = try Shape(onnx: [e[0], e[1], count / e[1], e[2], e[3]])
    return x.reshape([e[0], e[1], 1, e[2], e[3]]).broadcast(to: wide)
      .reshape([e[0], count, e[2], e[3]])
  }

  /// What is added to scores: a mask, and -∞ where order, windows or padding forbid attention; nil for nothing.
  private static func bias(
    _ call: ONNXCall, queries: Int, keys: Int, past: Int
  ) throws(ONNXFault) -> Tensor? {
    let graph = call.graph
    var parts: [Tensor] = []
    guard queries * keys <= 1 << 24 else {
      throw ONNXFault("its masks of \(queries)×\(keys) are too large")
    }
    if call.optional(3) != nil {
      var mask = try call.tensor(3)
      let missing = keys - mask.shape[-1]
      let isTruth = call.isTruth(3)
      if mask.shape.rank > 0, missing > 0 {
        var shape = mask.shape
        shape[-1] = missing
        mask = Tensor.concatenate(
          [mask, graph.fill(isTruth ? 0 : -.infinity, shape)], axis: mask.shape.rank - 1)
      }
      parts.append(isTruth ? forbidding(mask) : mask)
    }
    let lengths = try call.optional(6).map { value throws(ONNXFault) in
      try value.numbers(in: graph).reshape([-1, 1, 1, 1])
    }
    let bounds = [
      (call.int("left_window_size", -1), 1.0),
      (call.int("is_causal", 0) != 0 ? 0 : call.int("right_window_size", -1), -1.0),
    ].filter { $0.0 >= 0 }
    if !bounds.isEmpty {
      // How far before each query each key lies.
      let distances = (0..<queries * keys).map { Float($0 / max(1, keys) - $0 % max(1, keys)) }
      var distance = graph.constant(distances, [queries, keys]) + Double(past)
      if let lengths { distance = distance + (lengths - Double(queries)) }
      for (most, sign) in bounds {
        parts.append(forbidding(graph.fill(Double(most)).greaterOrEqual(distance * sign)))
      }
    }
    if let lengths {
      let places = graph.constant((0..<keys).map { Float($0) }, [keys])
      parts.append(forbidding(lengths.greater(places)))
    }
    guard let first = parts.first else { return nil }
    return parts.dropFirst().reduce(first) { $0 + $1 }
  }

  /// 0 where something is true, -∞ elsewhere.
  private static func forbidding(_ isAllowed: Tensor) -> Tensor {
    isAllowed.select(isAllowed.graph.fill(0), isAllowed.graph.fill(-.infinity))
  }

  /// Pairs of a head's elements, those of its first and second half or neighbours, turned by angles of their places.
  private static func rotaryEmbedding(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let given = try call.tensor(0)
    let x = try heads(call, 0, "num_heads")
    guard x.shape.rank == 4 else { throw ONNXFault("\(given.shape) has no heads") }
    let (batch, length, size) = (x.shape[0], x.shape[2], x.shape[3])
    let turned =
      call.int("rotary_embedding_dim", 0) == 0 ? size : call.int("rotary_embedding_dim", 0)
    guard turned > 0, turned <= size, turned % 2 == 0 else {
      throw ONNXFault("it turns \(turned) of \(size) elements")
    }
    func angles(_ index: Int) throws(ONNXFault) -> Tensor {
      var table = try call.tensor(index)
      if call.optional(3) != nil, table.shape.rank == 2 {
        table = table.gather(try call.indices(3, extent: table.shape[0]))
      }
      guard table.shape.rank == 3, table.shape[0] == batch, table.shape[1] == length,
        table.shape[2] >= turned / 2
      else { throw ONNXFault("\(table.shape) has not the angles of \(x.shape)") }
      return table.slice(axis: 2, 0..<turned / 2).reshape([batch, 1, length, turned / 2])
    }
    let (cosines, sines) = (try angles(1), try angles(2))
    let isInterleaved = call.int("interleaved", 0) != 0
    let rotating = x.slice(axis: 3, 0..<turned)
    let pairs = rotating.reshape(
      x.shape.dimensions.dropLast() + (isInterleaved ? [turned / 2, 2] : [2, turned / 2]))
    let axis = isInterleaved ? 4 : 3
    let parts = (0..<2).map {
      pairs.slice(axis: axis, $0..<$0 + 1).reshape(x.shape.dimensions.dropLast() + [turned / 2])
    }
    let results = [
      parts[0] * cosines - parts[1] * sines, parts[0] * sines + parts[1] * cosines,
    ].map { part in
      part.reshape(
        x.shape.dimensions.dropLast() + (isInterleaved ? [turned / 2, 1] : [1, turned / 2]))
    }
    var result = Tensor.concatenate(results, axis: axis)
      .reshape(x.shape.dimensions.dropLast() + [turned])
    if turned < size {
      result = Tensor.concatenate([result, x.slice(axis: 3, turned..<size)], axis: 3)
    }
    if given.shape.rank == 3 { result = result.transpose([0, 2, 1, 3]).reshape(to: given.shape) }
    return [.plain(result)]
  }
}
