import COpenCL

/// A driver's answers about one compiled kernel; nil where it gives none.
struct KernelQuery {
  let context: OpenCLContext
  let kernel: cl_kernel

  /// The work-group size that the kernel's text requires.
  var requiredGroup: [Int]? {
    answer(OCL_KERNEL_COMPILE_WORK_GROUP_SIZE, (0, 0, 0)).flatMap {
      $0.0 > 0 ? [$0.0, $0.1, $0.2] : nil
    }
  }

  /// The largest work-group that its registers allow.
  var groupLimit: Int? { answer(OCL_KERNEL_WORK_GROUP_SIZE, 0) }

  /// Bytes of local memory, those of bound arguments among them.
  var localMemory: Int? {
    answer(OCL_KERNEL_LOCAL_MEM_SIZE, cl_ulong(0)).map { Int(clamping: $0) }
  }

  private func answer<T: BitwiseCopyable>(
    _ property: cl_kernel_work_group_info, _ zero: T
  ) -> T? {
    var value = zero
    let code = context.cl.clGetKernelWorkGroupInfo(
      kernel, context.device.raw, property, MemoryLayout<T>.size, &value, nil)
    return code == OCL_SUCCESS ? value : nil
  }
}
