import RetortCore
import RetortOpenCL
import RetortTestSupport

/// The device that the tests run on; a machine without one fails them.
enum Fixture {
  /// One context for all tests of a form.
  static func context(_ form: KernelForm = .vector) throws(OpenCLError) -> OpenCLContext {
    try TestDevice.context(form)
  }

  /// `y = a·x + y` over `count` elements, generated.
  static func saxpy(
    _ entry: String, a: Float, x: DeviceMemory, y: DeviceMemory, count: Int, local: Int = 16
  ) -> Launch {
    Launch(
      entry: entry,
      generated: """
        __kernel void \(entry)(const float a, __global const float* x, __global float* y,
                               const int count) {
          const int i = (int)get_global_id(0);
          if (i < count) y[i] = fma(a, x[i], y[i]);
        }
        """,
      global: [(count + local - 1) / local * local], local: [local],
      arguments: [
        "a": .float(a), "x": .buffer(.device(x)), "y": .buffer(.device(y)), "count": .int(count),
      ])
  }
}
