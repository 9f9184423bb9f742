import RetortCore

/// The memory of every value of a plan.
///
/// In float64 mode all byte offsets of the plan are doubled, and int32 values, which stay half as wide, have
/// a separate arena, so that a step may overwrite an operand of either type.
final class PlanMemory {
  let values: [Plan.Value]
  let precision: CPUBackend.Precision
  private let starts: [UnsafeMutableRawPointer]
  private let regions: [Region]
  private let buffers: [CPUBuffer]

  init(_ plan: Plan, variables: [any DeviceBuffer], precision: CPUBackend.Precision) throws {
    let scale = precision == .float64 ? 2 : 1
    func region(_ bytes: Int) throws -> Region { try Region(byteCount: bytes + Plan.slack * scale) }
    func region(for value: Plan.Value) throws -> Region {
      try region(value.count * precision.byteCount(value.dtype))
    }
    values = plan.values
    self.precision = precision
    buffers = try PlanMemory.match(variables, to: plan, precision)
    let arena = try region(plan.arenaByteCount * scale)
    let persistent = try region(plan.persistentByteCount * scale)
    let integers = precision == .float64 ? try region(plan.arenaByteCount * scale) : arena
    var held = precision == .float64 ? [arena, persistent, integers] : [arena, persistent]
    var starts: [UnsafeMutableRawPointer] = []
    var inputs: [Int: Region] = [:]
    var constants: [Int: Region] = [:]
    for (index, value) in plan.values.enumerated() {
      let bytes = value.count * precision.byteCount(value.dtype)
      func inside(_ region: Region, _ offset: Int, _ what: String) throws {
        guard offset >= 0, offset % 4 == 0, value.count >= 0,
          offset * scale + bytes <= region.byteCount - Plan.slack * scale
        else {
          throw BackendError.outOfBounds(
            what: "value \(index) in the \(what)", offset: offset, count: value.count,
            capacity: region.byteCount / scale - Plan.slack)
        }
        starts.append(region.start + offset * scale)
      }
      switch value.storage {
      case .arena(let offset):
        try inside(value.dtype == .int32 ? integers : arena, offset, "arena")
      case .persistent(let offset): try inside(persistent, offset, "persistent region")
      case .variable(let slot, let offset):
        guard buffers.indices.contains(slot), offset >= 0, value.dtype == buffers[slot].dtype,
          offset + value.count <= buffers[slot].count
        else {
          throw BackendError.outOfBounds(
            what: "value \(index) in variable \(slot)", offset: offset, count: value.count,
            capacity: buffers.indices.contains(slot) ? buffers[slot].count : 0)
        }
        starts.append(buffers[slot].pointer(at: offset))
      case .input(let slot):
        let own = try inputs[slot] ?? region(for: value)
        inputs[slot] = own
        try inside(own, 0, "input")
      case .constant(let slot):
        guard plan.constants.indices.contains(slot), plan.constants[slot].count >= value.count,
          plan.constants[slot].dtype == value.dtype
        else {
          throw BackendError.outOfBounds(
            what: "value \(index) in constant \(slot)", offset: 0, count: value.count,
            capacity: plan.constants.indices.contains(slot) ? plan.constants[slot].count : 0)
        }
        let array = plan.constants[slot]
        let own = try constants[slot] ?? region(array.count * precision.byteCount(array.dtype))
        if constants[slot] == nil { precision.store(array, at: own.start) }
        constants[slot] = own
        starts.append(own.start)
      }
    }
    held += inputs.values
    held += constants.values
    self.starts = starts
    regions = held
  }

  /// The bytes held besides the variables.
  var byteCount: Int { regions.reduce(0) { $0 + $1.byteCount } }

  /// The address of a value's first element.
  func pointer(_ value: Int) throws -> UnsafeMutableRawPointer {
    guard starts.indices.contains(value) else {
      throw BackendError.outOfBounds(
        what: "the plan's values", offset: value, count: 1, capacity: starts.count)
    }
    return starts[value]
  }

  private static func match(
    _ variables: [any DeviceBuffer], to plan: Plan, _ precision: CPUBackend.Precision
  ) throws -> [CPUBuffer] {
    guard variables.count == plan.variables.count else {
      throw BackendError.wrongData(
        what: "the plan", expected: "\(plan.variables.count) variable buffers",
        found: "\(variables.count)")
    }
    return try zip(variables, plan.variables).map { buffer, variable in
      guard let own = buffer as? CPUBuffer, own.precision == precision else {
        throw BackendError.wrongData(
          what: "variable '\(variable.name)'", expected: "a buffer of the same CPU backend",
          found: "another device's")
      }
      guard own.dtype == variable.dtype, own.count >= variable.count else {
        throw BackendError.wrongData(
          what: "variable '\(variable.name)'",
          expected: "\(variable.count) elements of \(variable.dtype)",
          found: "\(own.count) of \(own.dtype)")
      }
      return own
    }
  }
}
