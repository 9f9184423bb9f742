import Glibc
import Testing

@testable import RetortOpenCL

@Suite struct LoaderTests {
  @Test func aMissingLoaderSaysWhatToInstall() {
    let error = #expect(throws: OpenCLError.self) {
      try OpenCLLibrary(path: "/nonexistent/libOpenCL.so.1")
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("OpenCL is not installed: the loader libOpenCL.so.1 could not be"))
    #expect(text.contains("/nonexistent/libOpenCL.so.1"))
    #expect(text.contains("apt install ocl-icd-libopencl1 pocl-opencl-icd"))
    #expect(text.hasSuffix("or use --device cpu."))
  }

  @Test func aLibraryThatIsNoLoaderIsRefused() {
    let error = #expect(throws: OpenCLError.self) { try OpenCLLibrary(path: "libm.so.6") }
    #expect(error == .loaderMissing(tried: "libm.so.6 has no function clGetPlatformIDs"))
  }

  @Test(arguments: [
    ("RETORT_OPENCL_LIBRARY", "OpenCL is not installed: "),
    ("OCL_ICD_VENDORS", "No OpenCL platform: the loader found no driver."),
  ])
  func aProcessWithoutOpenCLStartsAndSaysWhy(_ variable: String, _ message: String) throws {
    let output = try ChildProcess.run(test: "childListsDevices", setting: variable)
    #expect(output.contains("child found: \(message)"))
  }

  /// Runs only inside the process that the test above starts.
  @Test(.enabled(if: getenv(ChildProcess.marker) != nil))
  func childListsDevices() {
    do {
      let devices = try OpenCLPlatform.devices()
      print("child found: \(devices)")
    } catch {
      print("child found: \(error)")
    }
  }
}

/// This test program once more, with another environment.
private enum ChildProcess {
  static let marker = "RETORT_TEST_CHILD"

  static func run(test: String, setting variable: String) throws -> String {
    let me = try #require(CommandLine.arguments.first)
    let command =
      "\(marker)=1 \(variable)=/nonexistent '\(me)' --testing-library swift-testing "
      + "--filter \(test) 2>&1"
    let pipe = try #require(popen(command, "r"))
    var output: [UInt8] = []
    while case let byte = getc(pipe), byte != EOF { output.append(UInt8(truncatingIfNeeded: byte)) }
    #expect(pclose(pipe) == 0)
    return String(decoding: output, as: UTF8.self)
  }
}
