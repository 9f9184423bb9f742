/// Turns a rewritten graph into a plan: decides what is stored, groups it, emits steps, places
/// values.
struct PlanBuilder {
  let graph: Graph
  let outputs: [Tensor]
  let effects: [Effect]
  let uses: Uses
  let materialization: Materialization
  let grouping: Grouping
  var plan = Plan()
  /// The value of each stored node, -1 before it has one.
  private var valueOf: [Int32]
  /// Values whose place is fixed before placement: persistent, variables, inputs, constants.
  var fixed: [Int: Plan.Value.Place] = [:]
  /// Values that live in the persistent region but have no offset yet.
  var persistent: Set<Int> = []
  /// Values that are part of another: (base, elements into it).
  var parts: [Int: (base: Int, offset: Int)] = [:]
  /// Where assigned tensors are written directly.
  private var destinations: [Int32: (variable: Int, offset: Int)] = [:]

  init(_ graph: Graph, _ outputs: [Tensor], _ effects: [Effect], fusingLoads: Bool) {
    self.graph = graph
    self.outputs = outputs
    self.effects = effects
    let roots = (outputs + effects.flatMap(\.tensors)).map(\.id)
    uses = Uses(graph, roots: roots, fusingLoads: fusingLoads)
    materialization = Materialization(graph, uses)
    var alone: Set<Int32> = []
    for effect in effects {
      guard case .assign(let variable, let offset, let tensor) = effect else { continue }
      let id = tensor.id
      let once = roots.filter { $0 == id }.count == 1
      guard graph.nodes[Int(id)].op.isElementwise, once, uses.readers(id).isEmpty else { continue }
      alone.insert(id)
      destinations[id] = (Int(graph.slot(of: variable)), offset)
    }
    grouping = Grouping(graph, uses, materialization, alone: alone)
    valueOf = Array(repeating: -1, count: graph.nodes.count)
  }

  mutating func build() -> Plan {
    plan.variables = graph.variables
    plan.constants = graph.constants
    for input in graph.inputs {
      let node = graph.nodes[Int(input.node)]
      let value = addValue(node.shape.count, node.dtype)
      fixed[value] = .input(plan.inputs.count)
      valueOf[Int(input.node)] = Int32(value)
      plan.inputs.append(
        .init(name: input.name, shape: node.shape, dtype: node.dtype, value: value))
    }
    var late: [Step] = []
    for index in grouping.ordered() {
      let unit = grouping.units[index]
      let steps = emit(unit)
      if unit.isFrozen {
        plan.setup += steps
        for step in steps { persistent.formUnion(step.outputs) }
      } else if destinations[unit.first] != nil {
        late += steps
      } else {
        plan.steps += steps
      }
    }
    for output in outputs {
      let value = dense(output.id)
      if fixed[value] == nil, parts[value] == nil { persistent.insert(value) }
      if let part = parts[value], fixed[part.base] == nil { persistent.insert(part.base) }
      plan.outputs.append(.init(shape: output.shape, dtype: output.dtype, value: value))
    }
    for effect in effects { late += emit(effect) }
    plan.steps += late
    plan.variables = graph.variables
    placeValues()
    return plan
  }

  mutating func addValue(_ count: Int, _ dtype: DType) -> Int {
    plan.values.append(.init(place: .arena(offset: 0), count: count, dtype: dtype))
    return plan.values.count - 1
  }

  /// The value of a stored node, made when first asked for.
  mutating func value(_ id: Int32) -> Int {
    if valueOf[Int(id)] >= 0 { return Int(valueOf[Int(id)]) }
    let node = graph.nodes[Int(id)]
    let value = addValue(node.shape.count, node.dtype)
    valueOf[Int(id)] = Int32(value)
    switch node.op {
    case .variable(let slot, let offset): fixed[value] = .variable(Int(slot), offset: offset)
    case .constant(let index): fixed[value] = .constant(Int(index))
    case .pack: persistent.insert(value)
    default:
      if let destination = destinations[id] {
        fixed[value] = .variable(destination.variable, offset: destination.offset)
      }
    }
    return value
  }

  /// The value whose memory holds a node's elements densely.
  mutating func dense(_ id: Int32) -> Int {
    guard let alias = materialization.alias(id) else {
      preconditionFailure("a dense operand must be stored: \(graph.nodes[Int(id)].op)")
    }
    let base = value(alias.node)
    guard alias.offset != 0 || graph.nodes[Int(id)].shape.count != plan.values[base].count else {
      return base
    }
    for (part, of) in parts
    where of == (base, alias.offset) && plan.values[part].count == graph.nodes[Int(id)].shape.count
    {
      return part
    }
    let part = addValue(graph.nodes[Int(id)].shape.count, graph.nodes[Int(id)].dtype)
    parts[part] = (base, alias.offset)
    return part
  }

  func label(_ id: Int32) -> String { graph.scopes[Int(graph.nodes[Int(id)].scope)] }

  private mutating func emit(_ effect: Effect) -> [Step] {
    switch effect {
    case .assign(let variable, let offset, let tensor):
      if destinations[tensor.id] != nil { return [] }
      let program = PointwiseProgram.copy(of: tensor.shape, tensor.dtype)
      let target = addValue(tensor.shape.count, tensor.dtype)
      fixed[target] = .variable(Int(graph.slot(of: variable)), offset: offset)
      return [
        Step(
          kind: .pointwise(program), inputs: [dense(tensor.id)], outputs: [target],
          label: "assign \(variable.name)")
      ]
    case .optimize(let update, let parameters, _, let state, _, _, _, _):
      var targets: [Int] = []
      for variable in [parameters] + state {
        let target = addValue(variable.count, variable.dtype)
        fixed[target] = .variable(Int(graph.slot(of: variable)), offset: 0)
        targets.append(target)
      }
      return [
        Step(
          kind: .optimizer(update, count: parameters.count),
          inputs: effect.tensors.map { dense($0.id) }, outputs: targets,
          label: "optimizer \(parameters.name)")
      ]
    }
  }
}

extension Op {
  fileprivate var isElementwise: Bool {
    switch self {
    case .unary, .binary, .select: true
    default: false
    }
  }
}
