extension PlanBuilder {
  /// Gives every value its storage; values that never live at one time share arena memory.
  mutating func placeValues() {
    let bases = plan.values.indices.map { base($0) }
    let isFree = plan.values.indices.map {
      fixed[$0] == nil && !persistent.contains($0) && parts[$0] == nil
    }
    let bytes = plan.values.map { Plan.reservation($0.count, $0.dtype) }
    var lifetimes = Lifetimes(plan, bases: bases)
    lifetimes.reuse(plan, isFree)
    let movable = plan.values.indices.filter {
      isFree[$0] && lifetimes.owner[$0] == $0 && lifetimes.last[$0] >= 0
    }
    var arena = Arena()
    for value in movable.sorted(by: { (bytes[$0], $1) > (bytes[$1], $0) }) {
      let offset = arena.place(bytes[value], lifetimes.first[value]...lifetimes.last[value])
      plan.values[value].storage = .arena(offset: offset)
    }
    plan.arenaByteCount = arena.byteCount
    var persistentBytes = 0
    for value in plan.values.indices {
      if let storage = fixed[value] {
        plan.values[value].storage = storage
      } else if persistent.contains(value), parts[value] == nil {
        plan.values[value].storage = .persistent(offset: persistentBytes)
        persistentBytes += bytes[value]
      }
    }
    plan.persistentByteCount = persistentBytes
    for value in plan.values.indices where lifetimes.owner[value] != value {
      plan.values[value].storage = plan.values[lifetimes.owner[value]].storage
    }
    for (value, part) in parts { plan.values[value].storage = storage(of: part) }
  }

  private func base(_ value: Int) -> Int {
    var current = value
    while let part = parts[current] { current = part.base }
    return current
  }

  private func storage(of part: (base: Int, offset: Int)) -> Plan.Value.Storage {
    let whole = parts[part.base].map { storage(of: $0) } ?? plan.values[part.base].storage
    switch whole {
    case .arena(let offset): return .arena(offset: offset + part.offset * 4)
    case .persistent(let offset): return .persistent(offset: offset + part.offset * 4)
    case .variable(let slot, let offset): return .variable(slot, offset: offset + part.offset)
    case .input, .constant: return whole
    }
  }
}

/// From which step to which each value is needed, and which values take over another's memory.
private struct Lifetimes {
  var first: [Int]
  var last: [Int]
  var owner: [Int]
  private let bases: [Int]

  init(_ plan: Plan, bases: [Int]) {
    self.bases = bases
    first = Array(repeating: Int.max, count: plan.values.count)
    last = Array(repeating: -1, count: plan.values.count)
    owner = Array(plan.values.indices)
    for (index, step) in plan.steps.enumerated() {
      for value in step.inputs + step.outputs {
        first[bases[value]] = min(first[bases[value]], index)
        last[bases[value]] = max(last[bases[value]], index)
      }
    }
  }

  /// Lets element-wise results overwrite operands that are read for the last time.
  mutating func reuse(_ plan: Plan, _ isFree: [Bool]) {
    for (index, step) in plan.steps.enumerated() {
      guard case .pointwise(let program) = step.kind else { continue }
      var taken: Set<Int> = []
      for (result, output) in zip(program.results, step.outputs) {
        guard program.isDense(result.access), isFree[output], first[output] == index,
          owner[output] == output, plan.values[output].count == program.shape.count
        else { continue }
        for input in step.inputs {
          let root = owner[bases[input]]
          guard isFree[input], root != output, last[root] == index, first[root] < index,
            !taken.contains(root), plan.values[root].count == plan.values[output].count,
            zip(step.inputs, program.operands).allSatisfy({
              owner[bases[$0]] != root || program.isDense($1.access)
            })
          else { continue }
          taken.insert(root)
          owner[output] = root
          last[root] = max(last[root], last[output])
          break
        }
      }
    }
  }
}

/// Offsets for blocks with lifetimes: the lowest gap that no living block occupies.
private struct Arena {
  private var blocks: [(offset: Int, end: Int, life: ClosedRange<Int>)] = []
  private(set) var byteCount = 0

  mutating func place(_ bytes: Int, _ life: ClosedRange<Int>) -> Int {
    var offset = 0
    for block in blocks where block.life.overlaps(life) {
      if offset + bytes <= block.offset { break }
      offset = max(offset, block.end)
    }
    let index = blocks.firstIndex { $0.offset > offset } ?? blocks.count
    blocks.insert((offset, offset + bytes, life), at: index)
    byteCount = max(byteCount, offset + bytes)
    return offset
  }
}
