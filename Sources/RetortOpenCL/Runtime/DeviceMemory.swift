import COpenCL
import Synchronization

/// Memory on a device, or a part of such memory; freed with its last reference.
package final class DeviceMemory: Sendable {
  /// The size in bytes.
  package let byteCount: Int
  /// The context that it belongs to.
  package let context: OpenCLContext
  nonisolated(unsafe) let raw: cl_mem
  private let parent: DeviceMemory?
  private let parts = Mutex(Parts())
  private let noted: Int

  private struct Parts: ~Copyable {
    struct Region: Hashable {
      let offset: Int
      let byteCount: Int
    }

    var known: [Region: cl_mem] = [:]
    var inOrder: [cl_mem] = []
  }

  /// Allocates `byteCount` bytes; contents are undefined.
  ///
  /// - Parameter isHostVisible: Asks for memory that the host can map at full speed.
  /// - Throws: `.tooLarge`, or `.call` when memory is short.
  package init(
    _ context: OpenCLContext, byteCount: Int, isHostVisible: Bool = false
  ) throws(OpenCLError) {
    let device = context.device
    guard byteCount <= device.maxAllocationSize else {
      throw .tooLarge(
        byteCount: byteCount, limit: device.maxAllocationSize, device: device.name)
    }
    var code: cl_int = 0
    let flags = OCL_MEM_READ_WRITE | (isHostVisible ? OCL_MEM_ALLOC_HOST_PTR : 0)
    let raw = context.cl.clCreateBuffer(context.raw, flags, max(1, byteCount), nil, &code)
    guard code == OCL_SUCCESS, let raw else {
      throw .call("clCreateBuffer", code: code, detail: "\(byteCount) bytes on \(device.name)")
    }
    self.byteCount = byteCount
    self.context = context
    self.raw = raw
    parent = nil
    noted = isHostVisible ? 0 : byteCount
    context.noteBuffer(1, byteCount: noted)
  }

  private init(_ raw: cl_mem, within parent: DeviceMemory, byteCount: Int) {
    self.raw = raw
    self.parent = parent
    self.byteCount = byteCount
    context = parent.context
    noted = 0
  }

  /// `byteCount` bytes from `offset` on, a multiple of the base alignment; all of it is the buffer itself.
  ///
  /// OpenCL's object for a region is made once and lives as long as the buffer; all go in the reverse of the
  /// order in which they were made. NVIDIA's driver 580 crashes when they are released in another one.
  package func part(at offset: Int, byteCount: Int) throws(OpenCLError) -> DeviceMemory {
    precondition(parent == nil, "a part of a part")
    precondition(offset >= 0 && byteCount > 0, "an empty or negative part of a buffer")
    if offset == 0, byteCount == self.byteCount { return self }
    let raw = parts.withLock { parts in
      Result { () throws(OpenCLError) -> cl_mem in
        let key = Parts.Region(offset: offset, byteCount: byteCount)
        if let known = parts.known[key] { return known }
        let raw = try makePart(at: offset, byteCount: byteCount)
        parts.known[key] = raw
        parts.inOrder.append(raw)
        return raw
      }
    }
    return DeviceMemory(try raw.get(), within: self, byteCount: byteCount)
  }

  private func makePart(at offset: Int, byteCount: Int) throws(OpenCLError) -> cl_mem {
    var region = cl_buffer_region(origin: offset, size: byteCount)
    var code: cl_int = 0
    let part = context.cl.clCreateSubBuffer(
      raw, OCL_MEM_READ_WRITE, OCL_BUFFER_CREATE_TYPE_REGION, &region, &code)
    guard code == OCL_SUCCESS, let part else {
      throw .call(
        "clCreateSubBuffer", code: code,
        detail: "\(byteCount) bytes at \(offset) of \(self.byteCount) on \(context.device.name)")
    }
    return part
  }

  deinit {
    guard parent == nil else { return }
    parts.withLock { parts in
      for part in parts.inOrder.reversed() { _ = context.cl.clReleaseMemObject(part) }
    }
    _ = context.cl.clReleaseMemObject(raw)
    context.noteBuffer(-1, byteCount: noted)
  }
}

extension DeviceMemory: Hashable {
  /// Two buffers are equal if they are one object.
  package static func == (a: DeviceMemory, b: DeviceMemory) -> Bool { a === b }
  /// Hashes the identity.
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension DeviceMemory {
  /// Copies `bytes` to the device after everything enqueued before, and returns when that is done.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) throws(OpenCLError) {
    try enqueueWrite(bytes, at: offset, blocking: OCL_TRUE, event: nil)
  }

  /// Reads the first `bytes.count` bytes after everything enqueued before.
  package func read(
    into bytes: UnsafeMutableRawBufferPointer, from offset: Int = 0
  ) throws(OpenCLError) {
    try enqueueRead(into: bytes, from: offset, blocking: OCL_TRUE)
  }

  func enqueueRead(
    into bytes: UnsafeMutableRawBufferPointer, from offset: Int, blocking: cl_bool = OCL_FALSE
  ) throws(OpenCLError) {
    precondition(offset >= 0 && offset + bytes.count <= byteCount, "read past the buffer's end")
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    try check(
      context.cl.clEnqueueReadBuffer(
        context.queue, raw, blocking, offset, bytes.count, start, 0, nil, nil),
      "clEnqueueReadBuffer", "\(bytes.count) bytes from \(context.device.name)")
  }

  func enqueueWrite(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, blocking: cl_bool,
    event: UnsafeMutablePointer<cl_event?>?
  ) throws(OpenCLError) {
    precondition(offset >= 0 && offset + bytes.count <= byteCount, "write past the buffer's end")
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    try check(
      context.cl.clEnqueueWriteBuffer(
        context.queue, raw, blocking, offset, bytes.count, start, 0, nil, event),
      "clEnqueueWriteBuffer", "\(bytes.count) bytes to \(context.device.name)")
  }

  /// Sets every byte to zero, in the queue's order, without waiting.
  package func zero() throws(OpenCLError) {
    guard byteCount > 0 else { return }
    var pattern: UInt8 = 0
    try check(
      context.cl.clEnqueueFillBuffer(context.queue, raw, &pattern, 1, 0, byteCount, 0, nil, nil),
      "clEnqueueFillBuffer", "\(byteCount) bytes on \(context.device.name)")
  }

  /// A new buffer that holds `values`.
  package convenience init<T: BitwiseCopyable>(
    _ context: OpenCLContext, _ values: [T]
  ) throws(OpenCLError) {
    try self.init(context, byteCount: values.count * MemoryLayout<T>.stride)
    try write(values)
  }

  /// Copies `values` to the buffer, from byte `offset` on.
  package func write<T: BitwiseCopyable>(
    _ values: [T], at offset: Int = 0
  ) throws(OpenCLError) {
    let result = values.withUnsafeBytes { bytes in
      Result { () throws(OpenCLError) in try write(bytes, at: offset) }
    }
    try result.get()
  }

  /// `count` elements, from byte `offset` on.
  package func read<T: BitwiseCopyable>(
    _ type: T.Type, count: Int, from offset: Int = 0
  ) throws(OpenCLError) -> [T] {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: count * MemoryLayout<T>.stride, alignment: MemoryLayout<T>.alignment)
    defer { bytes.deallocate() }
    try read(into: bytes, from: offset)
    return Array(bytes.bindMemory(to: T.self))
  }
}
