import ArgumentParser
import RetortCPU
import RetortCore
import RetortFormats
import RetortOpenCL

/// `--device`: the choice of the backend, which is made here only.
struct DeviceOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where to compute: auto, cpu, opencl, opencl:PLATFORM, opencl:PLATFORM:DEVICE, opencl:NAME.",
      valueName: "device"), completion: .device)
  var device = "auto"

  /// For tests: the form of heavy kernels, overriding the one preferred on the device.
  @Option(help: .hidden) var form: KernelForm?

  /// The folder of `sources:FOLDER`, for checks: kernels are written there, and nothing is computed.
  private var sourceFolder: String? {
    device.hasPrefix("sources:") ? String(device.dropFirst("sources:".count)) : nil
  }

  /// Whether the device is an OpenCL device.
  var isOpenCL: Bool { device != "cpu" && sourceFolder == nil }

  func validate() throws {
    guard device != "cpu" else { return }
    if let sourceFolder {
      if sourceFolder.isEmpty {
        throw ValidationError("'sources:' needs a folder, as in --device sources:kernels.")
      }
      return
    }
    do throws(OpenCLError) {
      _ = try DeviceSelection(device)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// Opens the device.
  ///
  /// `auto` is the best OpenCL device, or the processor if OpenCL is not installed, which is then reported on
  /// standard error.
  ///
  /// - Parameter compute: The number format of products and convolutions.
  /// - Throws: `OpenCLError` if the device cannot be opened, `FormatError` for a folder that cannot be
  ///   written to, `BackendError.compute` if the device does not support the number format.
  func backend(_ compute: ComputeType = .float32) throws -> any Backend {
    guard device != "cpu" else { return try processor(compute) }
    if let sourceFolder { return try sources(in: sourceFolder, compute) }
    do {
      return try openCL(compute)
    } catch let error as OpenCLError {
      guard device == "auto", let reason = Self.absence(error) else { throw error }
      let backend = try processor(compute)
      StandardError.complain("\(reason); computing on \(backend.name)")
      return backend
    }
  }

  private func processor(_ compute: ComputeType) throws(BackendError) -> CPUBackend {
    let backend = CPUBackend()
    guard compute == .float32 else {
      throw .compute(compute, device: backend.name, offered: [.float32])
    }
    return backend
  }

  /// A backend that writes the source text of a GPU's kernels into `folder`.
  private func sources(in folder: String, _ compute: ComputeType) throws -> SourceBackend {
    let folder = try FilePath.expanded(folder)
    try AtomicFile.makeDirectories(folder)
    StandardError.complain(
      "nothing is computed and results mean nothing; kernels go to \(folder)")
    return SourceBackend(compute: compute) { name, text in
      try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name).cl")
    }
  }

  /// Opens the OpenCL device, and reports drivers that are left out and similar notes.
  ///
  /// - Throws: `OpenCLError` if there is none or it cannot be opened, `BackendError.compute` if it does not
  ///   support the number format.
  func openCL(_ compute: ComputeType = .float32) throws -> OpenCLBackend {
    let survey = DriverSurvey.shared
    if let reason = survey.fault { throw OpenCLError.unlisted(reason: reason) }
    for driver in survey.leftOut {
      StandardError.complain("the driver of \(driver.file) is left out, \(driver.reason)")
    }
    let choice = try DeviceChoice(device, trial: DeviceTrialProcess.trial)
    let backend = try OpenCLBackend(OpenCLContext(choice.device), form: form, compute: compute)
    backend.watchCompilation { CompilationWatch.shared.note($0, of: $1) }
    for note in choice.leftOut + backend.notes { StandardError.complain(note) }
    return backend
  }

  /// The reason why there is no OpenCL device, if the error says so; nil for other errors.
  private static func absence(_ error: OpenCLError) -> String? {
    switch error {
    case .loaderMissing: "OpenCL is not installed"
    case .unlisted(let reason): "OpenCL's drivers cannot be listed: \(reason)"
    case .noPlatform: "no OpenCL driver is installed"
    case .noDevice(_, let available) where available.isEmpty: "no OpenCL device was found"
    case .unusable(let device, let shortcoming): "the OpenCL device is \(device), \(shortcoming)"
    default: nil
    }
  }
}

extension KernelForm: ExpressibleByArgument {}
