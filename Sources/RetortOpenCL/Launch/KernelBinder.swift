import COpenCL

/// Makes the kernel of one launch: checks sizes against the device and the kernel, binds arguments.
struct KernelBinder {
  let context: OpenCLContext
  let instance: BuiltInstance?
  let launch: Launch

  private var cl: opencl_table { context.cl }

  /// Adds the bound kernel to `storage`.
  func bind(
    to storage: CommandStorage,
    resolve: (BufferReference) throws(OpenCLError) -> DeviceMemory
  ) throws(OpenCLError) {
    guard let instance else { throw .unknownFamily(launch.family ?? "generated") }
    try checkSizes()
    let kernel = try makeKernel(of: instance)
    storage.append(kernel, global: launch.global, local: launch.local)
    try checkArguments(kernel)
    for (index, pair) in launch.arguments.pairs.enumerated() {
      let code = try set(pair.value, at: index, of: kernel, storage, resolve)
      if code != OCL_SUCCESS {
        throw fault(.argumentRefused(index: index, label: pair.name, code: code))
      }
    }
    try checkLimits(kernel)
  }

  // A name that a macro pastes together escapes the suffixes of a merged program.
  private func makeKernel(of instance: BuiltInstance) throws(OpenCLError) -> cl_kernel {
    for name in [launch.entry + instance.suffix, launch.entry] {
      var code: cl_int = 0
      let kernel = cl.clCreateKernel(instance.program.raw, name, &code)
      if code == OCL_SUCCESS, let kernel { return kernel }
    }
    throw .missingEntry(launch.entry, in: description, device: context.device.name)
  }

  private var description: ProgramDescription {
    KernelInstance(launch).description
  }

  private func fault(_ fault: LaunchFault) -> OpenCLError {
    .launch(
      LaunchDescription(
        program: description, entry: launch.entry, global: launch.global, local: launch.local,
        device: context.device.name),
      fault: fault)
  }

  // Checks that the host can make before there is a kernel.
  private func checkSizes() throws(OpenCLError) {
    let (global, local) = (launch.global, launch.local)
    let device = context.device
    guard global.count == local.count, (1...3).contains(global.count) else {
      throw fault(.dimensions)
    }
    for axis in global.indices {
      guard global[axis] > 0, local[axis] > 0 else { throw fault(.emptySize(dimension: axis)) }
      guard global[axis] % local[axis] == 0 else { throw fault(.indivisible(dimension: axis)) }
      if axis < device.maxWorkItemSizes.count, local[axis] > device.maxWorkItemSizes[axis] {
        throw fault(.localSize(dimension: axis, limit: device.maxWorkItemSizes[axis]))
      }
    }
    guard local.reduce(1, *) <= device.maxWorkGroupSize else {
      throw fault(.deviceGroup(limit: device.maxWorkGroupSize))
    }
  }

  // Checks of the compiled kernel's needs; local memory is known only once arguments are bound.
  private func checkLimits(_ kernel: cl_kernel) throws(OpenCLError) {
    let query = KernelQuery(context: context, kernel: kernel)
    if let size = query.requiredGroup {
      let local = launch.local + Array(repeating: 1, count: 3 - launch.local.count)
      guard local == size else { throw fault(.requiredGroup(size)) }
    }
    // rusticl 22.3 says 32 of any kernel, and counts local memory twice: there the launch decides.
    guard context.traits.reportsKernelLimits else { return }
    if let limit = query.groupLimit, launch.local.reduce(1, *) > limit {
      throw fault(.kernelGroup(limit: limit))
    }
    let available = context.device.localMemorySize
    if let needed = query.localMemory, needed > available {
      throw fault(.localMemory(needed: needed, limit: available))
    }
  }

  private func checkArguments(_ kernel: cl_kernel) throws(OpenCLError) {
    var taken: cl_uint = 0
    try check(
      cl.clGetKernelInfo(
        kernel, OCL_KERNEL_NUM_ARGS, MemoryLayout<cl_uint>.size, &taken, nil),
      "clGetKernelInfo", launch.entry)
    let given = launch.arguments.pairs.count
    guard given == Int(taken) else {
      throw fault(.argumentCount(given: given, taken: Int(taken)))
    }
    #if DEBUG
      for (index, pair) in launch.arguments.pairs.enumerated() {
        guard let parameter = parameterName(index, of: kernel) else { return }
        // In a merged program a parameter may bear the name of a function, and so its suffix.
        guard parameter == pair.name || parameter == pair.name + (instance?.suffix ?? "") else {
          throw fault(.argumentName(index: index, label: pair.name, parameter: parameter))
        }
      }
    #endif
  }

  private func parameterName(_ index: Int, of kernel: cl_kernel) -> String? {
    var size = 0
    guard
      cl.clGetKernelArgInfo(
        kernel, cl_uint(index), OCL_KERNEL_ARG_NAME, 0, nil, &size) == OCL_SUCCESS
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: size)
    guard
      cl.clGetKernelArgInfo(
        kernel, cl_uint(index), OCL_KERNEL_ARG_NAME, size, &bytes, nil) == OCL_SUCCESS
    else { return nil }
    return OpenCLPlatform.text(of: bytes)
  }

  private func set(
    _ argument: LaunchArgument, at index: Int, of kernel: cl_kernel, _ storage: CommandStorage,
    _ resolve: (BufferReference) throws(OpenCLError) -> DeviceMemory
  ) throws(OpenCLError) -> cl_int {
    func set<T: BitwiseCopyable>(_ value: T) -> cl_int {
      withUnsafeBytes(of: value) {
        cl.clSetKernelArg(kernel, cl_uint(index), $0.count, $0.baseAddress)
      }
    }
    switch argument {
    case .buffer(let reference):
      let buffer = try resolve(reference)
      storage.retain(buffer)
      return set(buffer.raw)
    case .int(let value): return set(value)
    case .uint(let value): return set(value)
    case .long(let value): return set(value)
    case .float(let value): return set(value)
    case .oversized(let value):
      throw fault(
        .argumentTooLarge(index: index, label: launch.arguments.pairs[index].name, value: value))
    case .local(let byteCount):
      return cl.clSetKernelArg(kernel, cl_uint(index), byteCount, nil)
    }
  }
}
