/// What the planner knows of every node before it decides anything.
struct Uses {
  let graph: Graph
  /// Whether an output or effect depends on the node.
  let reachable: [Bool]
  let frozen: [Bool]
  /// The phase of each node.
  let phases: PhaseAnalysis
  /// Whether the host or an effect reads the node itself.
  private(set) var isRoot: [Bool]
  /// Whether some reader needs the elements dense in memory.
  private(set) var needsDense: [Bool]
  /// Whether a convolution reads the node that could compute it in a prologue.
  private(set) var isPrologueCandidate: [Bool]
  private var start: [Int32]
  private var pool: [Int32]

  init(_ graph: Graph, roots: [Int32], effects: [[Effect]], fusingPrologues: Bool) {
    self.graph = graph
    reachable = graph.reachable(from: roots)
    frozen = graph.frozenNodes()
    phases = PhaseAnalysis(graph, reachable: reachable, effects: effects)
    isRoot = Array(repeating: false, count: graph.nodes.count)
    (needsDense, isPrologueCandidate) = (isRoot, isRoot)
    for root in roots { isRoot[Int(root)] = true }
    start = Array(repeating: 0, count: graph.nodes.count + 1)
    for id in reachable.indices where reachable[id] {
      for operand in graph.operands(Int32(id)) { start[Int(operand) + 1] += 1 }
    }
    for id in 1..<start.count { start[id] += start[id - 1] }
    pool = Array(repeating: 0, count: Int(start[start.count - 1]))
    var next = start
    for id in reachable.indices where reachable[id] {
      for operand in graph.operands(Int32(id)) {
        pool[Int(next[Int(operand)])] = Int32(id)
        next[Int(operand)] += 1
      }
    }
    for id in reachable.indices.reversed() where reachable[id] {
      let readers = readers(Int32(id))
      isPrologueCandidate[id] = fusingPrologues && readers.contains { takesPrologue($0, Int32(id)) }
      needsDense[id] =
        isRoot[id]
        || readers.contains {
          demandsDense($0) && !(fusingPrologues && takesPrologue($0, Int32(id)))
        }
    }
  }

  func readers(_ id: Int32) -> ArraySlice<Int32> {
    pool[Int(start[Int(id)])..<Int(start[Int(id) + 1])]
  }

  private func demandsDense(_ reader: Int32) -> Bool {
    switch graph.nodes[Int(reader)].op {
    case .unary, .binary, .select, .reduce, .broadcast, .transpose, .concatenate, .pad: false
    case .stopGradient: needsDense[Int(reader)]
    case .reshape: !graph.isUnitReshape(reader) || isStored(reader)
    case .slice: isStored(reader) && graph.denseSliceOffset(reader) != nil
    default: true
    }
  }

  /// Whether a view's elements are read from memory; prologues compute those of no view.
  private func isStored(_ view: Int32) -> Bool {
    needsDense[Int(view)] || isPrologueCandidate[Int(view)]
  }

  /// Whether `reader` is a convolution that could compute `id` in a prologue, or a name for such an
  /// operand.
  private func takesPrologue(_ reader: Int32, _ id: Int32) -> Bool {
    let node = graph.nodes[Int(reader)]
    func shape(_ operand: Int) -> Shape { graph.nodes[Int(graph.operand(reader, operand))].shape }
    switch node.op {
    case .stopGradient: return isPrologueCandidate[Int(reader)]
    case .convolution(let geometry):
      return graph.operand(reader, 1) != id
        && Self.isPrologueCheap(geometry, shape(1), columns: shape(1)[0] / geometry.groups)
    case .convolutionInputGradient(let geometry):
      return graph.operand(reader, 1) != id
        && Self.isPrologueCheap(geometry, shape(1), columns: shape(1)[3])
    case .convolutionWeightGradient(let geometry):
      return Self.isPrologueCheap(
        geometry, node.shape, columns: max(node.shape[0] / geometry.groups, node.shape[3]))
    default: return false
    }
  }

  /// Whether a convolution with weights `[out, height, width, in]` loads an element so few times that
  /// computing it each time costs less than a pass over memory.
  ///
  /// It does once for each tap that meets the element, and again for every so many columns of the
  /// result. Where groups have one input channel, the kernels load nothing for several columns.
  private static func isPrologueCheap(_ geometry: Convolution, _ weight: Shape, columns: Int)
    -> Bool
  {
    guard geometry.groups == 1 || weight[3] != 1 else { return false }
    let strides = geometry.strideY * geometry.strideX
    let taps = (weight[1] * weight[2] + strides - 1) / strides
    return taps * ((columns + columnsOfTile - 1) / columnsOfTile) <= maximumRepeats
  }

  /// Columns of the largest tile of `TileShape.simple`, which loads an element once for all of them.
  private static let columnsOfTile = 128
  /// By the estimate in Benchmarks/NOTES.md, "Convolutions compute normalised tensors as they load them";
  /// not measured on a GPU yet.
  private static let maximumRepeats = 16
}

extension Graph {
  /// Whether a reshape only adds or drops axes of extent 1.
  func isUnitReshape(_ id: Int32) -> Bool {
    let from = nodes[Int(operand(id, 0))].shape
    let to = nodes[Int(id)].shape
    return from.dimensions.filter { $0 != 1 } == to.dimensions.filter { $0 != 1 }
  }

  /// Where a slice starts in its operand if its elements are dense there and aligned.
  func denseSliceOffset(_ id: Int32) -> Int? {
    guard case .slice(let starts) = nodes[Int(id)].op else { return nil }
    let whole = nodes[Int(operand(id, 0))].shape
    let part = nodes[Int(id)].shape
    var offset = 0
    var partial = false
    let strides = whole.strides
    for axis in 0..<whole.rank {
      if partial, part[axis] != whole[axis] { return nil }
      if !partial, part[axis] != 1 { partial = true }
      offset += Int(starts[axis]) * strides[axis]
    }
    return offset % Variable.alignment == 0 ? offset : nil
  }
}
