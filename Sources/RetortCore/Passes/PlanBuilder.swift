/// Turns a rewritten graph into a plan: decides what is stored, groups it, emits steps, places
/// values.
struct PlanBuilder {
  let graph: Graph
  let outputs: [Tensor]
  /// The effects of each phase.
  let phases: [[Effect]]
  let uses: Uses
  let materialization: Materialization
  let grouping: Grouping
  var plan = Plan()
  /// The value of each stored node, -1 before it has one.
  private var valueOf: [Int32]
  /// The storage of values that have theirs before placement: persistent, variables, inputs, constants.
  var fixed: [Int: Plan.Value.Storage] = [:]
  /// Values that live in the persistent region but have no offset yet.
  var persistent: Set<Int> = []
  /// Values that are part of another: (base, elements into it).
  var parts: [Int: (base: Int, offset: Int)] = [:]
  /// Where assigned tensors are written directly.
  let destinations: [Int32: DirectWrites.Destination]

  init(_ graph: Graph, _ outputs: [Tensor], _ phases: [[Effect]], fusingPrologues: Bool) {
    self.graph = graph
    self.outputs = outputs
    self.phases = phases
    let roots = (outputs + phases.flatMap { $0.flatMap(\.tensors) }).map(\.id)
    uses = Uses(graph, roots: roots, effects: phases, fusingPrologues: fusingPrologues)
    materialization = Materialization(graph, uses)
    destinations = DirectWrites(materialization, roots: roots, phases: phases).destinations
    grouping = Grouping(graph, uses, materialization, alone: Set(destinations.keys))
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
    var phase = 0
    var late: [Step] = []
    for index in grouping.ordered() {
      let unit = grouping.units[index]
      while phase < unit.phase {
        plan.steps += emit(effectsOf: phase, after: late)
        (phase, late) = (phase + 1, [])
      }
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
    while phase < phases.count {
      plan.steps += emit(effectsOf: phase, after: late)
      (phase, late) = (phase + 1, [])
    }
    plan.variables = graph.variables
    placeValues()
    return plan
  }

  mutating func addValue(_ count: Int, _ dtype: DType) -> Int {
    plan.values.append(.init(storage: .arena(offset: 0), count: count, dtype: dtype))
    return plan.values.count - 1
  }

  /// The value of a stored node, made when first asked for.
  mutating func value(_ id: Int32) -> Int {
    if valueOf[Int(id)] >= 0 { return Int(valueOf[Int(id)]) }
    let node = graph.nodes[Int(id)]
    let value = addValue(node.shape.count, node.dtype)
    valueOf[Int(id)] = Int32(value)
    switch node.op {
    case .variable(let slot, let offset, _): fixed[value] = .variable(Int(slot), offset: offset)
    case .constant(let index): fixed[value] = .constant(Int(index))
    case .pack: persistent.insert(value)
    default:
      if let destination = destinations[id] {
        fixed[value] = .variable(Int(destination.slot), offset: destination.offset)
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
}
