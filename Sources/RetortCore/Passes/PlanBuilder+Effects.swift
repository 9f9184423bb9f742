extension PlanBuilder {
  /// The fault of a step that reads a variable which an earlier phase has changed since the tensor was
  /// made; nil if there is none.
  func staleRead() -> GraphError? {
    guard phases.count > 1 else { return nil }
    for unit in grouping.units {
      for id in unit.reads where uses.phases.isStale(graph.nodes[Int(id)], readIn: unit.phase) {
        guard case .variable(let slot, _, _) = graph.nodes[Int(id)].op else { continue }
        return .invalidArgument(
          operation: "variable",
          reason: "'\(graph.variables[Int(slot)].name)' has changed since this tensor was cut from "
            + "it; read the variable again in the later phase",
          path: label(unit.last))
      }
    }
    return nil
  }

  /// The steps that end a phase: `late`, which write into variables themselves, and the effects.
  ///
  /// All take values of the phase's start: a variable that one effect changes and another one copies
  /// is copied before.
  mutating func emit(effectsOf phase: Int, after late: [Step]) -> [Step] {
    var (copies, steps) = ([Step](), late)
    let effects = phases[phase]
    for (index, effect) in effects.enumerated() {
      let others = effects.enumerated().filter { $0.offset != index }.flatMap(\.element.variables)
      let changed = Set(others.map { graph.slot(of: $0) })
      let inputs = effect.tensors.map { tensor in
        source(of: tensor, changed: changed, &copies)
      }
      steps += emit(effect, inputs)
    }
    return copies + steps
  }

  /// The value to take a tensor from; a copy if it lies in one of the variables `changed`.
  private mutating func source(
    of tensor: Tensor, changed: Set<Int32>, _ copies: inout [Step]
  ) -> Int {
    guard destinations[tensor.id] == nil else { return -1 }
    let value = dense(tensor.id)
    guard let base = materialization.alias(tensor.id)?.node,
      case .variable(let slot, _, _) = graph.nodes[Int(base)].op, changed.contains(slot)
    else { return value }
    let copy = addValue(tensor.shape.count, tensor.dtype)
    copies.append(
      Step(
        kind: .pointwise(.copy(of: tensor.shape, tensor.dtype)), inputs: [value], outputs: [copy],
        label: "copy of \(graph.variables[Int(slot)].name)"))
    return copy
  }

  private mutating func emit(_ effect: Effect, _ inputs: [Int]) -> [Step] {
    switch effect {
    case .assign(let variable, let offset, let tensor):
      if destinations[tensor.id] != nil { return [] }
      let target = addValue(tensor.shape.count, tensor.dtype)
      fixed[target] = .variable(Int(graph.slot(of: variable)), offset: offset)
      return [
        Step(
          kind: .pointwise(.copy(of: tensor.shape, tensor.dtype)), inputs: inputs,
          outputs: [target], label: "assign \(variable.name)")
      ]
    case .optimize(let update, let parameters, _, let state, _, _, _, _, _, _):
      var targets: [Int] = []
      for variable in [parameters] + state {
        let target = addValue(variable.count, variable.dtype)
        fixed[target] = .variable(Int(graph.slot(of: variable)), offset: 0)
        targets.append(target)
      }
      return [
        Step(
          kind: .optimizer(update, count: parameters.count), inputs: inputs, outputs: targets,
          label: "optimizer \(parameters.name)")
      ]
    }
  }
}
