/// One value of the graph: plain data, inputs by index into the graph's pool.
package struct Node: Sendable {
  package var op: Op
  package var shape: Shape
  package var dtype: DType
  package var inputStart: Int32
  package var inputCount: Int32
  /// The module that added the node: an index into the graph's scopes.
  package var scope: Int32
}

/// A lazy computation: an array of value nodes in topological order.
///
/// Operations append nodes; nothing is computed until a plan made from the graph is run.
/// A graph is built by one thread.
public final class Graph {
  package private(set) var nodes: [Node] = []
  package private(set) var inputPool: [Int32] = []
  package private(set) var inputs: [(name: String, node: Int32)] = []
  package private(set) var variables: [Variable] = []
  /// The effects of each phase that has ended, in order.
  package private(set) var phases: [[Effect]] = []
  /// For each variable, the first phase that reads its current value.
  private var phaseOfVariable: [Int32] = []
  package private(set) var constants: [HostArray] = []
  package private(set) var packs: [[Int]] = []
  /// The first fault met while building; a plan of this graph throws it.
  public private(set) var error: GraphError?
  /// The path of the module whose operations are being added, such as `student.layer3`.
  public var scope = "" {
    didSet {
      if let known = scopeIndex[scope] {
        currentScope = known
      } else {
        currentScope = Int32(scopes.count)
        scopeIndex[scope] = currentScope
        scopes.append(scope)
      }
    }
  }
  package private(set) var scopes: [String] = [""]
  private var scopeIndex: [String: Int32] = ["": 0]
  private var currentScope: Int32 = 0
  private var unique = NodeTable()
  private var variableSlots: [ObjectIdentifier: Int32] = [:]

  /// An empty graph.
  public init() {}

  /// Adds a node, or finds the equal one that exists.
  package func add(
    _ op: Op, _ operands: [Int32] = [], _ shape: Shape, _ dtype: DType = .float32
  ) -> Tensor {
    for operand in operands where nodes[Int(operand)].op == .poison {
      return Tensor(graph: self, id: operand)
    }
    if !op.readsBytes, operands.contains(where: { nodes[Int($0)].dtype == .uint8 }) {
      return fail(
        .invalidArgument(
          operation: "\(op)", reason: "does not take uint8 elements; look them up first",
          path: scope))
    }
    guard shape.isCountable else {
      return fail(
        .invalidArgument(
          operation: "\(op)", reason: "a result of \(shape) has too many elements", path: scope))
    }
    let known = unique.find(op, operands, shape, in: self)
    if let id = known.id { return Tensor(graph: self, id: id) }
    let id = Int32(nodes.count)
    nodes.append(
      Node(
        op: op, shape: shape, dtype: dtype, inputStart: Int32(inputPool.count),
        inputCount: Int32(operands.count), scope: currentScope))
    inputPool.append(contentsOf: operands)
    unique.insert(id, hash: known.hash)
    return Tensor(graph: self, id: id)
  }

  /// Records a fault and returns a poisoned tensor in place of the impossible result.
  package func fail(_ fault: GraphError) -> Tensor {
    if error == nil { error = fault }
    let id = Int32(nodes.count)
    nodes.append(
      Node(
        op: .poison, shape: .scalar, dtype: .float32, inputStart: Int32(inputPool.count),
        inputCount: 0, scope: currentScope))
    return Tensor(graph: self, id: id)
  }

  package func operands(_ id: Int32) -> ArraySlice<Int32> {
    let node = nodes[Int(id)]
    return inputPool[Int(node.inputStart)..<Int(node.inputStart + node.inputCount)]
  }

  package func operand(_ id: Int32, _ index: Int) -> Int32 {
    inputPool[Int(nodes[Int(id)].inputStart) + index]
  }

  /// A value that the host provides before each run.
  public func input(_ name: String, _ shape: Shape, _ dtype: DType = .float32) -> Tensor {
    let tensor = add(.input(Int32(inputs.count)), [], shape, dtype)
    inputs.append((name, tensor.id))
    return tensor
  }

  /// The elements of `variable` from element `offset` on, with their values at the start of the step or, if
  /// an ended phase changed the variable, after that phase.
  public func variable(_ variable: Variable, offset: Int = 0, _ shape: Shape) -> Tensor {
    guard offset >= 0, offset + shape.count <= variable.count else {
      return fail(
        .invalidArgument(
          operation: "variable",
          reason: "\(shape) at offset \(offset) exceeds '\(variable.name)' of \(variable.count)",
          path: scope))
    }
    let lead = offset % Variable.alignment
    if lead != 0 {
      // A part that is not aligned is read as a slice of an aligned one.
      return self.variable(variable, offset: offset - lead, [lead + shape.count])
        .slice(axis: 0, lead..<lead + shape.count).reshape(to: shape)
    }
    let slot = slot(of: variable)
    return add(
      .variable(slot, offset: offset, phase: phaseOfVariable[Int(slot)]), [], shape,
      variable.dtype)
  }

  package func slot(of variable: Variable) -> Int32 {
    if let slot = variableSlots[ObjectIdentifier(variable)] { return slot }
    let slot = Int32(variables.count)
    variables.append(variable)
    phaseOfVariable.append(0)
    variableSlots[ObjectIdentifier(variable)] = slot
    return slot
  }

  /// Ends a phase of the step: `effects` are applied once every read of the old values has been computed, and
  /// variables read afterwards have their new values.
  ///
  /// Tensors made before keep their values in later phases, because they are computed once, in their own
  /// phase. The exception is a direct read of a changed variable, with no operation applied to it: it must be
  /// read again with `variable(_:offset:_:)`.
  public func endPhase(_ effects: [Effect]) {
    phases.append(effects)
    for variable in effects.flatMap(\.variables) {
      phaseOfVariable[Int(slot(of: variable))] = Int32(phases.count)
    }
  }

  /// A constant tensor with the given elements.
  public func constant(_ values: [Float], _ shape: Shape) -> Tensor {
    constant(.float32(values), shape)
  }

  /// A constant int32 tensor with the given elements.
  public func constant(_ values: [Int32], _ shape: Shape) -> Tensor {
    constant(.int32(values), shape)
  }

  private func constant(_ array: HostArray, _ shape: Shape) -> Tensor {
    guard array.count == shape.count else {
      return fail(
        .invalidArgument(
          operation: "constant", reason: "\(array.count) elements do not fill \(shape)", path: scope
        ))
    }
    constants.append(array)
    return add(.constant(Int32(constants.count - 1)), [], shape, array.dtype)
  }

  /// A tensor whose elements are all `value`.
  public func fill(_ value: Double, _ shape: Shape = .scalar) -> Tensor {
    add(.fill(value), [], shape)
  }

  package func addPack(_ offsets: [Int]) -> Int32 {
    packs.append(offsets)
    return Int32(packs.count - 1)
  }
}

/// Elements on the host.
public enum HostArray: Sendable, Hashable {
  /// float32 elements.
  case float32([Float])
  /// int32 elements.
  case int32([Int32])
  /// uint8 elements.
  case uint8([UInt8])

  /// The number of elements.
  public var count: Int {
    switch self {
    case .float32(let values): values.count
    case .int32(let values): values.count
    case .uint8(let values): values.count
    }
  }

  /// The element type.
  public var dtype: DType {
    switch self {
    case .float32: .float32
    case .int32: .int32
    case .uint8: .uint8
    }
  }
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch self {
    case .float32(let values): try values.withUnsafeBytes(body)
    case .int32(let values): try values.withUnsafeBytes(body)
    case .uint8(let values): try values.withUnsafeBytes(body)
    }
  }
}
