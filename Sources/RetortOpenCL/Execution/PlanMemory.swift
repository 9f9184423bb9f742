import RetortCore

/// The device memory of one compiled plan: the buffer behind every value.
final class PlanMemory {
  let context: OpenCLContext
  /// Bytes of device memory besides the variables.
  private(set) var byteCount = 0
  /// Where each input lies: the buffer to write, and the bytes into it.
  private(set) var inputs: [Location] = []
  private let plan: Plan
  private let variables: [DeviceMemory]
  private var locations: [Location?]
  private var scratch: [DeviceMemory] = []
  private var tables: [Location] = []

  /// A buffer and the offset in it.
  struct Location {
    let buffer: DeviceMemory
    let offset: Int
  }

  /// Allocates everything, zeroed where the plan expects that, and uploads constants and tables.
  ///
  /// - Parameter limit: The largest buffer to allocate, in bytes.
  init(
    _ plan: Plan, _ lowering: Lowering, variables: [DeviceMemory], context: OpenCLContext,
    limit: Int
  ) throws(OpenCLError) {
    self.plan = plan
    self.context = context
    self.variables = variables
    locations = Array(repeating: nil, count: plan.values.count)
    try placeArena(limit)
    try placePersistent(limit)
    inputs = try row(plan.inputs.map { Plan.reservation($0.shape.count, $0.dtype) }, limit)
    let constants = try row(plan.constants.map { Plan.reservation($0.count, $0.dtype) }, limit)
    for (index, value) in plan.values.enumerated() {
      switch value.storage {
      case .input(let input): locations[index] = inputs[input]
      case .constant(let constant): locations[index] = constants[constant]
      case .variable(let slot, let offset):
        locations[index] = Location(
          buffer: variables[slot], offset: offset * value.dtype.byteCount)
      case .arena, .persistent: break
      }
    }
    for (array, location) in zip(plan.constants, constants) { try upload(array, to: location) }
    for size in lowering.scratchByteCounts { scratch.append(try allocate(size + Plan.slack)) }
    tables = try row(lowering.tables.map { Self.reservation($0.count) }, limit)
    for (bytes, location) in zip(lowering.tables, tables) {
      try upload(bytes, to: location)
    }
  }

  /// What the initialiser allocates, but for what a limit on buffers adds.
  static func byteCount(of plan: Plan, _ lowering: Lowering) -> Int {
    let own =
      plan.inputs.map { Plan.reservation($0.shape.count, $0.dtype) }
      + plan.constants.map { Plan.reservation($0.count, $0.dtype) }
      + lowering.scratchByteCounts.map { $0 + Plan.slack }
      + lowering.tables.map { reservation($0.count) }
    return own.reduce(plan.arenaByteCount + plan.persistentByteCount, +)
  }

  private static func reservation(_ byteCount: Int) -> Int {
    Plan.reservation(byteCount, .uint8)
  }

  private func span(_ value: Int, at offset: Int) -> RegionLayout.Span {
    .init(
      offset: offset,
      byteCount: Plan.reservation(plan.values[value].count, plan.values[value].dtype))
  }

  private func allocate(_ byteCount: Int) throws(OpenCLError) -> DeviceMemory {
    let memory = try DeviceMemory(context, byteCount: byteCount)
    try memory.zero()
    self.byteCount += byteCount
    return memory
  }

  private func allocate(
    _ spans: [RegionLayout.Span], _ limit: Int
  ) throws(OpenCLError) -> [Location?] {
    let layout = RegionLayout(spans, limit: limit, alignment: Plan.alignment)
    var buffers: [DeviceMemory] = []
    for byteCount in layout.byteCounts { buffers.append(try allocate(byteCount)) }
    return spans.map { span in
      layout.location(of: span).map { Location(buffer: buffers[$0.buffer], offset: $0.offset) }
    }
  }

  // Blocks one behind the other.
  private func row(_ byteCounts: [Int], _ limit: Int) throws(OpenCLError) -> [Location] {
    var offset = 0
    let spans = byteCounts.map { byteCount in
      defer { offset += byteCount }
      return RegionLayout.Span(offset: offset, byteCount: byteCount)
    }
    return try allocate(spans, limit).compactMap { $0 }
  }

  // Persistent values share memory only as a whole and its parts, so what overlaps stays together.
  private func placePersistent(_ limit: Int) throws(OpenCLError) {
    var members: [(value: Int, span: RegionLayout.Span)] = []
    for (index, value) in plan.values.enumerated() {
      if case .persistent(let offset) = value.storage {
        members.append((index, span(index, at: offset)))
      }
    }
    members.sort { ($0.span.offset, $1.span.byteCount) < ($1.span.offset, $0.span.byteCount) }
    var wholes: [RegionLayout.Span] = []
    var wholeOf: [Int] = []
    for member in members {
      let end = member.span.offset + member.span.byteCount
      if let last = wholes.last, member.span.offset < last.offset + last.byteCount {
        wholes[wholes.count - 1].byteCount = max(last.byteCount, end - last.offset)
      } else {
        wholes.append(member.span)
      }
      wholeOf.append(wholes.count - 1)
    }
    let places = try allocate(wholes, limit)
    for (member, whole) in zip(members, wholeOf) {
      locations[member.value] = places[whole]?.advanced(
        by: member.span.offset - wholes[whole].offset)
    }
  }

  // A value that no step writes is a view of the one that was last written where it lies.
  private func placeArena(_ limit: Int) throws(OpenCLError) {
    var written: [Int] = []
    var isWritten = Array(repeating: false, count: plan.values.count)
    for step in plan.setup + plan.steps {
      for output in step.outputs where !isWritten[output] && offsetInArena(output) != nil {
        isWritten[output] = true
        written.append(output)
      }
    }
    let spans = written.map { span($0, at: offsetInArena($0) ?? 0) }
    for (value, location) in zip(written, try allocate(spans, limit)) {
      locations[value] = location
    }
    var recent: [Int] = []
    for step in plan.setup + plan.steps {
      for input in step.inputs where locations[input] == nil {
        guard let offset = offsetInArena(input) else { continue }
        let byteCount = plan.values[input].count * plan.values[input].dtype.byteCount
        let base = recent.last { candidate in
          let start = offsetInArena(candidate) ?? 0
          return start <= offset
            && offset + byteCount <= start + span(candidate, at: start).byteCount
        }
        guard let base, let start = offsetInArena(base) else { continue }
        locations[input] = locations[base]?.advanced(by: offset - start)
      }
      recent += step.outputs.filter { offsetInArena($0) != nil }
    }
  }

  private func offsetInArena(_ value: Int) -> Int? {
    if case .arena(let offset) = plan.values[value].storage { return offset }
    return nil
  }

  private func upload(_ array: HostArray, to location: Location) throws(OpenCLError) {
    let result = array.withBytes { bytes in
      Result { () throws(OpenCLError) in try location.buffer.write(bytes, at: location.offset) }
    }
    try result.get()
  }

  private func upload(_ bytes: [UInt8], to location: Location) throws(OpenCLError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(OpenCLError) in try location.buffer.write(bytes, at: location.offset) }
    }
    try result.get()
  }

  /// Where a value lies.
  func location(_ value: Int) throws(OpenCLError) -> Location {
    guard let location = locations[value] else {
      throw .call("compile", code: -1, detail: "value \(value) of the plan is never written")
    }
    return location
  }

  /// The buffer behind a reference; a part of a larger one for values.
  func buffer(_ reference: BufferReference) throws(OpenCLError) -> DeviceMemory {
    switch reference {
    case .device(let memory): return memory
    case .scratch(let index): return scratch[index]
    case .scratchPart(let index, let offset, let byteCount):
      return try part(Location(buffer: scratch[index], offset: offset), byteCount + Plan.slack)
    case .table(let index): return try part(tables[index], tables[index].buffer.byteCount)
    case .value(let index):
      let value = plan.values[index]
      return try part(try location(index), Plan.reservation(value.count, value.dtype))
    }
  }

  // Over-reading kernels may run up to the slack past a value, so a part includes it.
  private func part(_ location: Location, _ byteCount: Int) throws(OpenCLError) -> DeviceMemory {
    let length = min(byteCount, location.buffer.byteCount - location.offset)
    return try location.buffer.part(at: location.offset, byteCount: length)
  }
}

extension PlanMemory.Location {
  fileprivate func advanced(by byteCount: Int) -> Self {
    Self(buffer: buffer, offset: offset + byteCount)
  }
}
