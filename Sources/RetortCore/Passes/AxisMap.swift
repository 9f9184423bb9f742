/// Where a node's axes lie in an iteration space: the composition of views above it.
///
/// Position `p` of the iteration space reads the node at `offset[a] + p[source[a]]` along axis
/// `a`, or at `offset[a]` where `source[a]` is -1.
struct AxisMap: Hashable {
  var source: SIMD8<Int8>
  var offset: SIMD8<Int32>

  static let identity = AxisMap(
    source: SIMD8(0, 1, 2, 3, 4, 5, 6, 7), offset: SIMD8(repeating: 0))

  /// The map of a view's operand, given the view's own; nil where a view is not affine.
  func through(_ id: Int32, in graph: Graph) -> AxisMap? {
    let node = graph.nodes[Int(id)]
    let inner = graph.nodes[Int(graph.operand(id, 0))].shape
    var result = AxisMap(source: SIMD8(repeating: -1), offset: SIMD8(repeating: 0))
    switch node.op {
    case .stopGradient:
      return self
    case .transpose(let axes):
      for axis in 0..<inner.rank {
        result.source[Int(axes[axis])] = source[axis]
        result.offset[Int(axes[axis])] = offset[axis]
      }
    case .slice(let starts):
      result = self
      for axis in 0..<inner.rank { result.offset[axis] += starts[axis] }
    case .broadcast:
      let lead = node.shape.rank - inner.rank
      for axis in 0..<inner.rank where inner[axis] != 1 || node.shape[axis + lead] == 1 {
        result.source[axis] = source[axis + lead]
        result.offset[axis] = offset[axis + lead]
      }
    case .reshape:
      guard graph.isUnitReshape(id) else { return nil }
      var outer = 0
      for axis in 0..<inner.rank where inner[axis] != 1 {
        while node.shape[outer] == 1 { outer += 1 }
        result.source[axis] = source[outer]
        result.offset[axis] = offset[outer]
        outer += 1
      }
    default: return nil
    }
    return result
  }

  /// The memory walk of a dense tensor of `shape` that begins `base` elements in.
  func access(_ shape: Shape, base: Int) -> PointwiseProgram.Access {
    var access = PointwiseProgram.Access(offset: base, strides: SIMD8(repeating: 0))
    let strides = shape.strides
    for axis in 0..<shape.rank {
      access.offset += Int(offset[axis]) * strides[axis]
      if source[axis] >= 0 { access.strides[Int(source[axis])] += strides[axis] }
    }
    return access
  }
}
