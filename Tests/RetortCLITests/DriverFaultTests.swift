import Foundation
import Testing

/// A driver that refuses one call: a library between the program and the real loader.
private struct RefusingDriver: CustomTestStringConvertible, Sendable {
  let call: String
  /// The function's declaration in C, and its parameters' names as it passes them on.
  let declaration: String
  let arguments: String
  /// What it does instead of its `failing`-th call.
  let refusal: String
  let failing: Int
  let message: String
  var testDescription: String { "\(call) fails at call \(failing)" }

  /// Compiles the library into `folder`; any C compiler does, and one is needed to build Swift code.
  func build(in folder: String) throws -> String {
    let source = """
      #define _GNU_SOURCE
      #define CL_TARGET_OPENCL_VERSION 300
      #include <CL/cl.h>
      #include <dlfcn.h>
      \(declaration) {
        static int calls = 0;
        if (++calls == \(failing)) { \(refusal) }
        __typeof__(\(call))* next = (__typeof__(\(call))*)dlsym(RTLD_NEXT, "\(call)");
        return next(\(arguments));
      }
      """
    try source.write(toFile: folder + "/driver.c", atomically: true, encoding: .utf8)
    let compiler = try CommandLineTool.run(
      [
        "clang", "-shared", "-fPIC", "driver.c", "-o", "driver.so", "-Wl,--no-as-needed",
        "-l:libOpenCL.so.1",
      ], of: "/usr/bin/env", in: folder)
    try #require(compiler.status == 0, "\(compiler.errors)")
    return folder + "/driver.so"
  }
}

private let way = "Memory is short: use a smaller batch, or end what else uses the device."

private let drivers = [
  RefusingDriver(
    call: "clCreateBuffer",
    declaration: "cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, "
      + "void* host, cl_int* code)",
    arguments: "context, flags, size, host, code",
    refusal: "*code = CL_MEM_OBJECT_ALLOCATION_FAILURE; return 0;", failing: 3,
    message: "clCreateBuffer failed with CL_MEM_OBJECT_ALLOCATION_FAILURE: … bytes on …. \(way)"),
  RefusingDriver(
    call: "clEnqueueNDRangeKernel",
    declaration: "cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, "
      + "cl_uint rank, const size_t* offset, const size_t* global, const size_t* local, "
      + "cl_uint count, const cl_event* events, cl_event* event)",
    arguments: "queue, kernel, rank, offset, global, local, count, events, event",
    refusal: "return CL_OUT_OF_RESOURCES;", failing: 20,
    message: "clEnqueueNDRangeKernel failed with CL_OUT_OF_RESOURCES: command … on …. \(way)"),
]

@Suite struct DriverFaultTests {
  /// Memory that the driver promised and then does not have.
  @Test(arguments: drivers) fileprivate func saysWhatWasRefused(_ driver: RefusingDriver) throws {
    let small = try SmallRun(variants: 1)
    let library = try driver.build(in: small.path)
    // What is measured of a device and then kept may fail in silence.
    let whole = try small.retort(["run", "small.yaml", "--device", "opencl", "--output", "whole"])
    #expect(whole.status == 0)
    let refused = try CommandLineTool.run(
      ["run", "small.yaml", "--device", "opencl", "--output", "out"], in: small.path,
      environment: ["RETORT_OPENCL_LIBRARY": library])
    #expect(refused.status == 1)
    let line = refused.errors.split(separator: "\n").last.map(String.init) ?? ""
    #expect(
      FaultCase(name: driver.call, message: "retort: \(driver.message)").matches(line), "\(line)")
    #expect(try small.names().filter { $0.hasSuffix(".partial") }.isEmpty)
  }
}
