import RetortCore

/// The extent of an axis of a value whose batch may have any size.
enum BatchExtent: Hashable {
  case fixed(Int)
  /// So many times the number of examples.
  case batch(Int)
}

/// A model's graph, built for two sizes of the batch, so that it is known what follows the batch.
///
/// Both graphs must be node by node the same but for extents, and an extent that differs must be a multiple of
/// both sizes.
struct BatchTrace {
  /// The graph of the first size.
  let graph: Graph
  /// The result.
  let output: Int32
  /// Whether the result depends on a node.
  let isLive: [Bool]
  /// How many operands of live nodes a node is.
  let uses: [Int]
  /// The extents of live nodes.
  let extents: [[BatchExtent]]

  /// Two sizes that are rare as extents of anything else.
  private static let sizes = (97, 101)

  /// The trace of the tensor that `build` adds to a graph for a batch of a size.
  ///
  /// - Throws: `ExportError` for what differs in more than the batch, or a fault of the graph.
  init(_ build: (Graph, _ batch: Int) -> Tensor) throws(ExportError) {
    graph = Graph()
    output = build(graph, Self.sizes.0).id
    let other = Graph()
    let otherOutput = build(other, Self.sizes.1).id
    if let error = graph.error ?? other.error { throw .graph(error) }
    (isLive, uses) = Self.reach(output, in: graph)
    var extents: [[BatchExtent]] = []
    for id in graph.nodes.indices {
      guard isLive[id] else {
        extents.append([])
        continue
      }
      guard output == otherOutput, id < other.nodes.count,
        Self.isSame(Int32(id), graph, other),
        let found = Self.extents(graph.nodes[id].shape, other.nodes[id].shape)
      else { throw .fixedBatch(operation: graph.label(Int32(id)), node: graph.place(Int32(id))) }
      extents.append(found)
    }
    self.extents = extents
  }

  /// What the node `output` depends on.
  private static func reach(_ output: Int32, in graph: Graph) -> (isLive: [Bool], uses: [Int]) {
    var isLive = Array(repeating: false, count: graph.nodes.count)
    var uses = Array(repeating: 0, count: graph.nodes.count)
    isLive[Int(output)] = true
    for id in (0...output).reversed() where isLive[Int(id)] {
      for operand in graph.operands(id) {
        isLive[Int(operand)] = true
        uses[Int(operand)] += 1
      }
    }
    return (isLive, uses)
  }

  private static func isSame(_ id: Int32, _ graph: Graph, _ other: Graph) -> Bool {
    let (a, b) = (graph.nodes[Int(id)], other.nodes[Int(id)])
    guard a.dtype == b.dtype, graph.operands(id).elementsEqual(other.operands(id)) else {
      return false
    }
    guard case .constant(let first) = a.op, case .constant(let second) = b.op else {
      return a.op == b.op
    }
    let (x, y) = (graph.constants[Int(first)], other.constants[Int(second)])
    return x == y || x.uniform != nil && x.uniform == y.uniform
  }

  /// The extents that are `a` and `b` for the two sizes; nil where one is neither fixed nor a multiple of the
  /// batch.
  private static func extents(_ a: Shape, _ b: Shape) -> [BatchExtent]? {
    guard a.rank == b.rank else { return nil }
    var found: [BatchExtent] = []
    for (x, y) in zip(a.dimensions, b.dimensions) {
      if x == y {
        found.append(.fixed(x))
      } else if x % sizes.0 == 0, x / sizes.0 * sizes.1 == y {
        found.append(.batch(x / sizes.0))
      } else {
        return nil
      }
    }
    return found
  }
}

extension HostArray {
  /// The element that all elements are; nil where they differ, or there is none.
  var uniform: Double? {
    switch self {
    case .float32(let values):
      guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
      return Double(first)
    case .int32(let values):
      guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
      return Double(first)
    case .uint8: return nil
    }
  }
}

extension Graph {
  /// An operation's name for messages.
  func label(_ id: Int32) -> String {
    String("\(nodes[Int(id)].op)".prefix { $0 != "(" })
  }

  /// The path of the module that added a node.
  func place(_ id: Int32) -> String { scopes[Int(nodes[Int(id)].scope)] }
}
