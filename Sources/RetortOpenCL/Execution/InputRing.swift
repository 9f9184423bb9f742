import COpenCL
import RetortCore

/// Host memory through which a plan's inputs pass on their way to the device.
///
/// There are several slots, each as large as all inputs, in host memory that the device can copy
/// from at full speed. The host fills one while copies of earlier ones may still be under way.
/// Copies run in the queue's order, so a step that is under way reads its own inputs.
final class InputRing {
  private static let slotCount = 3

  private struct Slot {
    let memory: DeviceMemory
    let bytes: UnsafeMutableRawPointer
    var copied: cl_event?
  }

  private let context: OpenCLContext
  private let places: [PlanMemory.Location]
  private let byteCounts: [Int]
  private var starts: [Int] = []
  private var slots: [Slot] = []
  private var current = 0
  private var isPending: [Bool]
  private var isReady = false

  /// A ring for inputs of the given lengths.
  init(
    _ places: [PlanMemory.Location], byteCounts: [Int], context: OpenCLContext
  ) throws(OpenCLError) {
    self.context = context
    self.places = places
    self.byteCounts = byteCounts
    isPending = Array(repeating: false, count: places.count)
    var total = 0
    // The gaps between inputs are those on the device, so that neighbours copy as one.
    for byteCount in byteCounts {
      starts.append(total)
      total += Plan.reservation(byteCount, .uint8)
    }
    guard total > 0 else { return }
    for _ in 0..<Self.slotCount { slots.append(try makeSlot(total)) }
  }

  deinit {
    for slot in slots {
      wait(slot.copied)
      _ = context.cl.clEnqueueUnmapMemObject(
        context.queue, slot.memory.raw, slot.bytes, 0, nil, nil)
    }
    if !slots.isEmpty { try? context.finish() }
  }

  private func makeSlot(_ byteCount: Int) throws(OpenCLError) -> Slot {
    let memory = try DeviceMemory(context, byteCount: byteCount, isHostVisible: true)
    var code: cl_int = 0
    let bytes = context.cl.clEnqueueMapBuffer(
      context.queue, memory.raw, OCL_TRUE, OCL_MAP_READ | OCL_MAP_WRITE, 0, byteCount, 0, nil, nil,
      &code)
    guard code == OCL_SUCCESS, let bytes else {
      throw .call("clEnqueueMapBuffer", code: code, detail: "\(byteCount) bytes for inputs")
    }
    return Slot(memory: memory, bytes: bytes, copied: nil)
  }

  private func wait(_ event: cl_event?) {
    guard var event else { return }
    withUnsafePointer(to: &event) { pointer in
      pointer.withMemoryRebound(to: cl_event?.self, capacity: 1) {
        _ = context.cl.clWaitForEvents(1, $0)
      }
    }
    _ = context.cl.clReleaseEvent(event)
  }

  /// Copies the bytes of input `index` for the next run.
  func set(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    if !isReady {
      wait(slots[current].copied)
      slots[current].copied = nil
      isReady = true
    }
    UnsafeMutableRawBufferPointer(
      start: slots[current].bytes + starts[index], count: bytes.count
    ).copyMemory(from: bytes)
    isPending[index] = true
  }

  /// Enqueues the copies of what was set since the last call; inputs that were not keep their
  /// value.
  func flush() throws(OpenCLError) {
    guard isReady else { return }
    var event: cl_event?
    var index = 0
    while index < places.count {
      guard isPending[index] else {
        index += 1
        continue
      }
      let first = index
      while index + 1 < places.count, isPending[index + 1], areNeighbours(index) { index += 1 }
      let end = starts[index] + byteCounts[index]
      index += 1
      let bytes = UnsafeRawBufferPointer(
        start: slots[current].bytes + starts[first], count: end - starts[first])
      let (buffer, offset) = (places[first].buffer, places[first].offset)
      if isPending[index...].contains(true) {
        try buffer.enqueueWrite(bytes, at: offset, blocking: OCL_FALSE, event: nil)
      } else {
        try buffer.enqueueWrite(bytes, at: offset, blocking: OCL_FALSE, event: &event)
      }
    }
    for index in isPending.indices { isPending[index] = false }
    slots[current].copied = event
    current = (current + 1) % slots.count
    isReady = false
  }

  private func areNeighbours(_ index: Int) -> Bool {
    places[index].buffer == places[index + 1].buffer
      && places[index + 1].offset - places[index].offset == starts[index + 1] - starts[index]
  }
}
