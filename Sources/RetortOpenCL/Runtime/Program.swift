import COpenCL

/// A program built for a device.
package final class Program: Sendable {
  /// What it was built from.
  package let source: ProgramSource
  nonisolated(unsafe) let raw: cl_program
  private let library: OpenCLLibrary

  /// Builds `source`, from `binary` if the driver still takes that.
  ///
  /// - Throws: `.build` with the compiler's log.
  package init(
    _ source: ProgramSource, library: OpenCLLibrary, context: cl_context, device: OpenCLDevice,
    binary: [UInt8]? = nil
  ) throws(OpenCLError) {
    self.source = source
    self.library = library
    if let binary,
      let raw = Self.load(binary, source.options, library, context, device)
    {
      self.raw = raw
      return
    }
    var code: cl_int = 0
    let program = source.text.withCString { text in
      var text: UnsafePointer<CChar>? = text
      return library.cl.clCreateProgramWithSource(context, 1, &text, nil, &code)
    }
    guard code == OCL_SUCCESS, let program else {
      throw .call("clCreateProgramWithSource", code: code, detail: "\(source.description)")
    }
    code = Self.build(program, source.options, library, device)
    guard code == OCL_SUCCESS else {
      let log = Self.log(program, library, device)
      _ = library.cl.clReleaseProgram(program)
      throw .build(source.description, code: code, device: device.name, log: log)
    }
    raw = program
  }

  deinit { _ = library.cl.clReleaseProgram(raw) }

  private static func build(
    _ program: cl_program, _ options: String, _ library: OpenCLLibrary, _ device: OpenCLDevice
  ) -> cl_int {
    var id: cl_device_id? = device.raw
    return library.cl.clBuildProgram(program, 1, &id, options, nil, nil)
  }

  // Any failure means that the binary is stale: the caller then builds from source.
  private static func load(
    _ binary: [UInt8], _ options: String, _ library: OpenCLLibrary, _ context: cl_context,
    _ device: OpenCLDevice
  ) -> cl_program? {
    var code: cl_int = 0
    var status: cl_int = 0
    var id: cl_device_id? = device.raw
    var size = binary.count
    let program = binary.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      return library.cl.clCreateProgramWithBinary(context, 1, &id, &size, &start, &status, &code)
    }
    guard let program else { return nil }
    guard code == OCL_SUCCESS, status == OCL_SUCCESS,
      build(program, options, library, device) == OCL_SUCCESS
    else {
      _ = library.cl.clReleaseProgram(program)
      return nil
    }
    return program
  }

  private static func log(
    _ program: cl_program, _ library: OpenCLLibrary, _ device: OpenCLDevice
  ) -> String {
    var size = 0
    guard
      library.cl.clGetProgramBuildInfo(
        program, device.raw, OCL_PROGRAM_BUILD_LOG, 0, nil, &size) == OCL_SUCCESS
    else { return "" }
    var bytes = [UInt8](repeating: 0, count: size)
    guard
      library.cl.clGetProgramBuildInfo(
        program, device.raw, OCL_PROGRAM_BUILD_LOG, size, &bytes, nil) == OCL_SUCCESS
    else { return "" }
    return OpenCLPlatform.text(of: bytes)
  }

  /// The driver's binary form, or nil if it gives none.
  func binary() -> [UInt8]? {
    var size = 0
    guard
      library.cl.clGetProgramInfo(
        raw, OCL_PROGRAM_BINARY_SIZES, MemoryLayout<Int>.size, &size, nil) == OCL_SUCCESS,
      size > 0
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: size)
    let code = bytes.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      return library.cl.clGetProgramInfo(
        raw, OCL_PROGRAM_BINARIES, MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &start, nil)
    }
    return code == OCL_SUCCESS ? bytes : nil
  }
}
