import COpenCL

/// The OpenCL loader, opened at run time; having one proves that OpenCL's functions can be called.
package final class OpenCLLibrary: Sendable {
  /// The table of functions; it lives as long as the process.
  nonisolated(unsafe) package let table: UnsafePointer<opencl_table>

  /// OpenCL's functions, each under its own name.
  package var cl: opencl_table { table.pointee }

  /// Opens the loader at `path`, or searches for one; see `opencl_open` for the order.
  package init(path: String? = nil) throws(OpenCLError) {
    let table = UnsafeMutablePointer<opencl_table>.allocate(capacity: 1)
    var failure = [CChar](repeating: 0, count: 2048)
    guard opencl_open(path, table, &failure, failure.count) == 1 else {
      table.deallocate()
      let text = failure.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .loaderMissing(tried: String(decoding: text, as: UTF8.self))
    }
    self.table = UnsafePointer(table)
  }

  // A library cannot be unloaded while handles of it exist, so there is one for the process.
  private static let opened = Result { () throws(OpenCLError) in try OpenCLLibrary() }

  /// The process's loader.
  package static func shared() throws(OpenCLError) -> OpenCLLibrary { try opened.get() }
}

/// Throws what `code` says unless it is success.
package func check(
  _ code: cl_int, _ call: String, _ detail: @autoclosure () -> String = ""
) throws(OpenCLError) {
  if code != OCL_SUCCESS { throw .call(call, code: code, detail: detail()) }
}
