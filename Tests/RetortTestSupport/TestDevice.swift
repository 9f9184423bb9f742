import RetortCore
import RetortOpenCL

/// The OpenCL device that the tests run on; a machine without one fails them.
package enum TestDevice {
  private static let vector = Result { () throws(OpenCLError) in
    let context = try OpenCLContext(try OpenCLDevice.select("auto"))
    // Says how the driver must be dealt with; measured here, so that no other context's kernels are.
    _ = Capabilities.of(context)
    return context
  }
  // On PoCL nobody runs the tiled form but tests, and it takes kernels four times as long to be
  // optimized as to be compiled.
  private static let tiled = Result { () throws(OpenCLError) in
    let context = try vector.get()
    guard context.device.platform.name == "Portable Computing Language" else { return context }
    let plain = try OpenCLContext(context.device, optimizes: false)
    _ = Capabilities.of(plain)
    return plain
  }

  /// One context for all tests of a form: each kernel is compiled once.
  package static func context(_ form: KernelForm = .vector) throws(OpenCLError) -> OpenCLContext {
    try (form == .vector ? vector : tiled).get()
  }

  /// A backend in that context, in the form that the device prefers unless one is given, with
  /// nothing but the defaults for contractions.
  package static func backend(_ form: KernelForm? = nil) throws -> OpenCLBackend {
    try OpenCLBackend(try context(form ?? .vector), form: form, store: nil)
  }
}
