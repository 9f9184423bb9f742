import COpenCL
import Synchronization

/// One device with its OpenCL context, its one in-order queue, and its programs.
///
/// Everything that touches a device goes through one of these; buffers, programs and launch lists
/// keep theirs alive.
package final class OpenCLContext: Sendable {
  /// The device.
  package let device: OpenCLDevice
  /// What is told how far compilations are.
  let compilation = CompilationMonitor()
  /// The programs built so far.
  package let programs: ProgramCache
  /// Whether kernels are optimized as they are compiled.
  let optimizes: Bool
  let library: OpenCLLibrary
  nonisolated(unsafe) let raw: cl_context
  nonisolated(unsafe) let queue: cl_command_queue
  private let noted = Mutex(DriverTraits())
  private let liveBuffers = Atomic<Int>(0)
  private let liveBytes = Atomic<Int>(0)
  private let peakBytes = Atomic<Int>(0)

  /// The number of buffers that exist in this context; a test of leaks compares it.
  package var liveBufferCount: Int { liveBuffers.load(ordering: .relaxed) }

  /// The most bytes of buffers that existed at one time, host-visible ones left out.
  package var peakByteCount: Int { peakBytes.load(ordering: .relaxed) }

  /// How the driver must be dealt with; the usual way until `Capabilities.of` has found out.
  package var traits: DriverTraits {
    get { noted.withLock { $0 } }
    set { noted.withLock { $0 = newValue } }
  }

  /// OpenCL's functions.
  var cl: opencl_table { library.cl }

  /// Opens `device`.
  ///
  /// - Parameters:
  ///   - kernelCache: Where compiled programs are kept; nil for the platform's own choice.
  ///   - mergesPrograms: Whether kernels share programs; nil for the platform's own choice.
  ///   - optimizes: Whether kernels are optimized, which takes most of the time of compiling them.
  package init(
    _ device: OpenCLDevice, kernelCache: ProgramBinaryStore? = nil, mergesPrograms: Bool? = nil,
    optimizes: Bool = true
  ) throws(OpenCLError) {
    let library = try OpenCLLibrary.shared()
    var code: cl_int = 0
    var id: cl_device_id? = device.raw
    var properties: [cl_context_properties] = [
      cl_context_properties(CL_CONTEXT_PLATFORM),
      cl_context_properties(bitPattern: device.rawPlatform), 0,
    ]
    let context = library.cl.clCreateContext(&properties, 1, &id, nil, nil, &code)
    try check(code, "clCreateContext", device.description)
    guard let context else { throw .call("clCreateContext", code: code, detail: "no context") }
    let queue = library.cl.clCreateCommandQueue(context, device.raw, 0, &code)
    guard code == OCL_SUCCESS, let queue else {
      _ = library.cl.clReleaseContext(context)
      throw .call("clCreateCommandQueue", code: code, detail: device.description)
    }
    self.device = device
    self.optimizes = optimizes
    self.library = library
    self.raw = context
    self.queue = queue
    programs = ProgramCache(
      store: kernelCache ?? (device.platform.keepsBinaries ? ProgramBinaryStore.standard() : nil),
      merges: mergesPrograms ?? device.platform.buildsOneAtATime)
  }

  deinit {
    _ = opencl_wait(library.table, queue)
    _ = cl.clReleaseCommandQueue(queue)
    _ = cl.clReleaseContext(raw)
  }

  /// Waits until everything enqueued so far is done.
  package func finish() throws(OpenCLError) {
    try check(opencl_wait(library.table, queue), "clWaitForEvents", device.name)
  }

  /// Runs `body` with a queue that records times, after the main queue is idle.
  func withProfilingQueue<R>(
    _ body: (cl_command_queue) throws(OpenCLError) -> R
  ) throws(OpenCLError) -> R {
    try finish()
    var code: cl_int = 0
    let queue = cl.clCreateCommandQueue(raw, device.raw, OCL_QUEUE_PROFILING_ENABLE, &code)
    guard code == OCL_SUCCESS, let queue else {
      throw .call("clCreateCommandQueue", code: code, detail: "profiling on \(device.name)")
    }
    defer { _ = cl.clReleaseCommandQueue(queue) }
    return try body(queue)
  }

  func noteBuffer(_ change: Int, byteCount: Int) {
    liveBuffers.add(change, ordering: .relaxed)
    let live = liveBytes.add(change * byteCount, ordering: .relaxed).newValue
    peakBytes.max(live, ordering: .relaxed)
  }
}
