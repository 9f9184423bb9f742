import ArgumentParser
import RetortCPU
import RetortCore
import RetortOpenCL

/// `--device`: the only place that picks a backend.
struct DeviceOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where to compute: auto, cpu, opencl, opencl:PLATFORM, opencl:PLATFORM:DEVICE, opencl:NAME.",
      valueName: "device"))
  var device = "auto"

  func validate() throws {
    guard device != "cpu" else { return }
    do throws(OpenCLError) {
      _ = try DeviceSelection(device)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// Opens the device.
  ///
  /// `auto` is the best OpenCL device, or the processor where OpenCL is not installed, which one
  /// line on standard error then says.
  ///
  /// - Throws: `OpenCLError` when the device does not open.
  func backend() throws -> any Backend {
    guard device != "cpu" else { return CPUBackend() }
    do {
      return try OpenCLBackend(device)
    } catch let error as OpenCLError {
      guard device == "auto", let reason = Self.absence(error) else { throw error }
      let backend = CPUBackend()
      StandardError.write("retort: \(reason); computing on \(backend.name)")
      return backend
    }
  }

  /// Why there is no OpenCL here, if that is what the error says.
  private static func absence(_ error: OpenCLError) -> String? {
    switch error {
    case .loaderMissing: "OpenCL is not installed"
    case .noPlatform: "no OpenCL driver is installed"
    case .noDevice(_, let available) where available.isEmpty: "no OpenCL device was found"
    default: nil
    }
  }
}
