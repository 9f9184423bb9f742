import RetortCore

/// Attention with several heads over `[batch, length, width]`: to the states themselves, or to others.
///
/// `softmax(Q·Kᵀ/√headWidth + mask)·V` per head, then a linear layer.
///
/// Source: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.
public final class MultiHeadAttention: Module {
  /// The query projection.
  public let query: Linear
  /// The key projection.
  public let key: Linear
  /// The value projection.
  public let value: Linear
  /// The output projection, applied to the concatenated heads.
  public let output: Linear
  /// The dropout of attention weights.
  public let dropout: Dropout
  /// The number of heads; divides the width.
  public let heads: Int

  /// Attention over features of the given width.
  public init(
    width: Int, heads: Int, dropout: Double = 0, initialiser: Initialiser? = nil,
    biasInitialiser: Initialiser? = nil
  ) {
    func linear() -> Linear {
      Linear(width, width, initialiser: initialiser, biasInitialiser: biasInitialiser)
    }
    (query, key, value, output) = (linear(), linear(), linear(), linear())
    self.dropout = Dropout(dropout)
    self.heads = heads
  }

  public override func forward(_ x: Tensor) -> Tensor { output(attended(x, mask: nil)) }

  /// Self-attention with `mask` added to the scores.
  ///
  /// - Parameters:
  ///   - x: States, `[batch, length, width]`.
  ///   - mask: Broadcasts to `[batch, heads, length, length]`; 0 where attention is
  ///     allowed, a large negative number elsewhere.
  public func callAsFunction(_ x: Tensor, mask: Tensor?) -> Tensor {
    scoped { output(attended(x, mask: mask)) }
  }

  /// Cross attention: the states ask, and others of the same width answer.
  ///
  /// - Parameters:
  ///   - x: States that ask, `[batch, queries, width]`.
  ///   - keys: What `key` makes of those that answer, `[batch, keys, width]`.
  ///   - values: What `value` makes of them, `[batch, keys, width]`.
  ///   - mask: Broadcasts to `[batch, heads, queries, keys]`; added to the scores, as above.
  /// - Returns: `[batch, queries, width]`.
  public func callAsFunction(_ x: Tensor, keys: Tensor, values: Tensor, mask: Tensor?) -> Tensor {
    scoped {
      output(
        attention(query: query(x), key: keys, value: values, heads: heads, mask: mask) {
          dropout($0)
        })
    }
  }

  /// What is added to scores, `[1, 1, length, length]`, so that no position attends to a later one.
  public static func causalMask(length: Int, in graph: Graph) -> Tensor {
    let scores = (0..<length).flatMap { row in
      (0..<length).map { column in column > row ? Float(-1e9) : 0 }
    }
    return graph.constant(scores, [1, 1, length, length])
  }

  /// The concatenated heads, before the output projection.
  package func attended(_ x: Tensor, mask: Tensor?) -> Tensor {
    attention(query: query(x), key: key(x), value: value(x), heads: heads, mask: mask) {
      dropout($0)
    }
  }
}

/// Multi-head attention of queries over keys and values, `[batch, length, width]` each.
///
/// - Parameters:
///   - query: `[batch, length, width]`.
///   - key: `[batch, length, width]`.
///   - value: `[batch, length, width]`.
///   - heads: The number of heads, a divisor of the width.
///   - mask: Added to the scores; broadcasts to `[batch, heads, queries, keys]`.
///   - weighting: A function applied to the attention weights, such as dropout.
/// - Returns: `[batch, queries, width]`.
///
/// Source: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), equation 1.
public func attention(
  query: Tensor, key: Tensor, value: Tensor, heads: Int, mask: Tensor?,
  weighting: (Tensor) -> Tensor = { $0 }
) -> Tensor {
  let graph = query.graph
  guard query.shape.rank == 3, key.shape.rank == 3, value.shape == key.shape, heads >= 1,
    query.shape[2] % heads == 0
  else {
    return graph.fail(
      .invalidArgument(
        operation: "attention",
        reason: "\(heads) heads do not divide \(query.shape), \(key.shape), \(value.shape)",
        path: graph.scope))
  }
  let width = query.shape[2] / heads
  func split(_ x: Tensor) -> Tensor {
    x.reshape([x.shape[0], x.shape[1], heads, width]).transpose([0, 2, 1, 3])
  }
  var scores = split(query).matmul(split(key), transposeB: true) / Double(width).squareRoot()
  if let mask { scores = scores + mask }
  let mixed = weighting(scores.softmax()).matmul(split(value))
  return mixed.transpose([0, 2, 1, 3]).reshape(query.shape.dimensions)
}
