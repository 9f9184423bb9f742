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

  func build(in folder: String) throws -> String {
    try DriverLibrary.build(
      """
      \(declaration) {
        static int calls = 0;
        if (++calls == \(failing)) { \(refusal) }
        return NEXT(\(call))(\(arguments));
      }
      """, in: folder)
  }
}

/// A library between the program and the real loader.
private enum DriverLibrary {
  /// Compiles it into `folder`; any C compiler does, and one is needed to build Swift code.
  ///
  /// - Parameter functions: Those that it has in place of the loader's, which are NEXT(name).
  static func build(_ functions: String, in folder: String) throws -> String {
    let source = """
      #define _GNU_SOURCE
      #define CL_TARGET_OPENCL_VERSION 300
      #include <CL/cl.h>
      #include <dlfcn.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <unistd.h>
      #define NEXT(name) ((__typeof__(name)*)dlsym(RTLD_NEXT, #name))
      \(functions)
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

@Suite(.serialized) struct DriverFaultTests {
  private static let recipe = """
    version: 1
    name: small
    data: {name: fashion-mnist, directory: pictures}
    teacher: {model: mlp, hidden1: 8, hidden2: 0}
    train: {steps: 12, batch: 8}
    """

  private static func run(_ environment: [String: String]) throws -> (
    outcome: CommandLineTool.Outcome, small: SmallRun
  ) {
    let small = try SmallRun()
    try small.write(Array(recipe.utf8), to: "small.yaml")
    let outcome = try CommandLineTool.run(
      ["run", "small.yaml", "--device", "opencl", "--output", "out"], in: small.path,
      environment: environment)
    return (outcome, small)
  }

  /// What is measured of a device and then kept may fail in silence: a run that has it kept.
  private static let earlier = Result { try run([:]).outcome.status }

  /// Memory that the driver promised and then does not have.
  @Test(arguments: drivers) fileprivate func saysWhatWasRefused(_ driver: RefusingDriver) throws {
    try #require(try Self.earlier.get() == 0)
    let folder = try SmallRun()
    let library = try driver.build(in: folder.path)
    let (refused, small) = try Self.run(["RETORT_OPENCL_LIBRARY": library])
    #expect(refused.status == 1)
    let line = refused.errors.split(separator: "\n").last.map(String.init) ?? ""
    #expect(
      FaultCase(name: driver.call, message: "retort: \(driver.message)").matches(line), "\(line)")
    #expect(try small.names().filter { $0.hasSuffix(".partial") }.isEmpty)
  }

  /// What Retort keeps begins empty; what PoCL compiles is that of all tests.
  private func environment(_ library: String?, _ small: SmallRun) -> [String: String] {
    let own = ProcessInfo.processInfo.environment
    let base = own["XDG_CACHE_HOME"] ?? (own["HOME"] ?? "/tmp") + "/.cache"
    var environment = [
      "XDG_CACHE_HOME": small.path + "/cache",
      "POCL_CACHE_DIR": own["POCL_CACHE_DIR"] ?? base + "/pocl/kcache",
    ]
    environment["RETORT_OPENCL_LIBRARY"] = library
    return environment
  }

  private static let smallCase = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Goldens/training/mlp_rmsprop.safetensors").standardized.path

  private static let kernelInfo = """
    cl_int clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device,
                                    cl_kernel_work_group_info property, size_t size, void* value,
                                    size_t* written) {
      cl_int code = NEXT(clGetKernelWorkGroupInfo)(kernel, device, property, size, value, written);
      char name[256] = "";
      clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, 0);
      (void)name;
    """

  /// What Mesa's rusticl 22.3 does: clFinish does not wait, 32 is the limit of any kernel, and local
  /// memory is counted twice.
  @Test func whatADriverSaysFalselyDoesNoHarm() throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      Self.kernelInfo + """
          if (property == CL_KERNEL_WORK_GROUP_SIZE) *(size_t*)value = 32;
          if (property == CL_KERNEL_LOCAL_MEM_SIZE) *(cl_ulong*)value = 1ul << 40;
          return code;
        }
        cl_int clFinish(cl_command_queue queue) { return CL_SUCCESS; }
        """, in: small.path)
    let environment = environment(library, small)
    let devices = try CommandLineTool.run(["devices", "--json"], environment: environment)
    let device = try #require(try devices.json().array?.first)
    #expect(device["capabilities"]?["localMemory"] == .bool(true))
    #expect(device["error"] == nil && device["notes"] == nil, "\(devices.output)")
    #expect(try #require(device["copyGBPerSecond"]?.double) < 2000)
    let verified = try CommandLineTool.run(
      ["verify", Self.smallCase, "--device", "opencl", "--form", "tiled"],
      environment: environment)
    #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
  }

  /// A kernel may allow smaller groups than the device; the driver says so rightly.
  @Test func smallerGroupsAreTaken() throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      Self.kernelInfo + """
          if (property == CL_KERNEL_WORK_GROUP_SIZE && strncmp(name, "probe", 5) != 0)
            *(size_t*)value = 64;
          return code;
        }
        """, in: small.path)
    let verified = try CommandLineTool.run(
      ["verify", Self.smallCase, "--device", "opencl", "--form", "tiled"],
      environment: environment(library, small))
    #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
  }

  /// A build that fails once, as where several processes start with empty caches.
  @Test(arguments: [1, 2]) func aProbeThatFailsOnceIsRepeated(_ failing: Int) throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      """
      cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id* devices,
                            const char* options, void (*notify)(cl_program, void*), void* data) {
        char* text = calloc(1 << 20, 1);
        clGetProgramInfo(program, CL_PROGRAM_SOURCE, 1 << 20, text, 0);
        static int calls = 0;
        int fails = strstr(text, "probe_forms_vector") && ++calls <= \(failing == 1 ? 1 : 99);
        free(text);
        if (fails) return CL_BUILD_PROGRAM_FAILURE;
        return NEXT(clBuildProgram)(program, count, devices, options, notify, data);
      }
      """, in: small.path)
    let environment = environment(library, small)
    let devices = try CommandLineTool.run(["devices", "--json"], environment: environment)
    let device = try #require(try devices.json().array?.first)
    // On a processor the vector form is taken although nothing is known of it.
    #expect(device["capabilities"]?["kernelForm"]?.string == "vector")
    let kept = try FileManager.default.contentsOfDirectory(
      atPath: small.path + "/cache/retort/devices"
    )
    .contains { $0.hasSuffix(".capabilities.json") }
    #expect(kept == (failing == 1), "\(devices.output)")
    #expect((device["notes"] == nil) == (failing == 1))
  }

  /// A driver that crashes or hangs as soon as it is loaded.
  @Test(arguments: [
    ("abort();", "ended the process that tried it (Aborted)"),
    ("for (;;) sleep(1);", "did not end what was tried within 2 seconds"),
  ]) func aDriverThatCannotBeLoadedIsLeftOut(_ code: String, _ reason: String) throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      "__attribute__((constructor)) static void load(void) { \(code) }", in: small.path)
    let vendors = small.path + "/vendors"
    try FileManager.default.createDirectory(atPath: vendors, withIntermediateDirectories: true)
    try library.write(toFile: vendors + "/bad.icd", atomically: true, encoding: .utf8)
    var environment = environment(nil, small)
    environment["OCL_ICD_VENDORS"] = vendors
    if reason.contains("2 seconds") { environment["RETORT_DRIVER_SECONDS"] = "2" }
    // Alone it leaves no OpenCL.
    let alone = try CommandLineTool.run(["verify", Self.smallCase], environment: environment)
    let words = "retort: OpenCL's drivers cannot be listed: a driver \(reason); computing on "
    #expect(alone.status == 0 && alone.errors.hasPrefix(words), "\(alone.errors)")
    let refused = try CommandLineTool.run(
      ["verify", Self.smallCase, "--device", "opencl"], environment: environment)
    #expect(refused.status == 1 && refused.errors.contains("OCL_ICD_VENDORS"))
    // Beside the drivers of this machine it is left out.
    environment["RETORT_DRIVER_SECONDS"] = nil
    guard code == "abort();" else { return }
    let installed = "/etc/OpenCL/vendors"
    for name in try FileManager.default.contentsOfDirectory(atPath: installed) {
      try FileManager.default.createSymbolicLink(
        atPath: "\(vendors)/\(name)", withDestinationPath: "\(installed)/\(name)")
    }
    let devices = try CommandLineTool.run(["devices", "--json"], environment: environment)
    let reports = try #require(try devices.json().array)
    #expect(reports.first?["name"]?.string == vendors + "/bad.icd")
    #expect(reports.first?["error"]?.string == "it is left out: a driver which \(reason)")
    #expect(reports.contains { $0["device"]?.string == "opencl:0:0" })
    let verified = try CommandLineTool.run(
      ["verify", Self.smallCase, "--device", "opencl"], environment: environment)
    #expect(verified.status == 0, "\(verified.errors)")
    // PoCL counts a compiler's warnings there too, where it has not compiled these kernels before.
    #expect(
      verified.errors.split(separator: "\n").filter { $0.hasPrefix("retort: ") }
        == ["retort: the driver of \(vendors)/bad.icd is left out, which \(reason)"])
  }

  /// As a PoCL does that was built for another processor, and as one that waits for what never comes.
  @Test(arguments: [
    (
      "abort();", "180",
      "whose driver ended the process that tried it (Aborted): LLVM ERROR: no such processor"
    ),
    ("for (;;) sleep(1);", "3", "whose driver did not end what was tried within 3 seconds"),
  ])
  func aDriverThatAbortsOrHangsIsNamedAndLeftOut(
    _ end: String, _ seconds: String, _ reason: String
  ) throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      """
      cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id* devices,
                            const char* options, void (*notify)(cl_program, void*), void* data) {
        static const char words[] = "LLVM ERROR: no such processor\\n";
        if (write(2, words, sizeof words - 1) < 0) return CL_INVALID_VALUE;
        \(end)
        return CL_SUCCESS;
      }
      """, in: small.path)
    var environment = environment(library, small)
    environment["RETORT_DRIVER_SECONDS"] = seconds
    let devices = try CommandLineTool.run(["devices", "--json"], environment: environment)
    #expect(devices.status == 0)
    let reports = try #require(try devices.json().array)
    #expect(reports.first?["error"]?.string == "it is left out: a device \(reason)")
    #expect(reports.last?["device"]?.string == "cpu")
    let verified = try CommandLineTool.run(["verify", Self.smallCase], environment: environment)
    #expect(verified.status == 0 && verified.errors.contains("computing on"))
    let refused = try CommandLineTool.run(
      ["verify", Self.smallCase, "--device", "opencl"], environment: environment)
    #expect(refused.status == 1 && refused.errors.contains(reason))
  }

  /// A device on which everything takes long: each probe times one launch, a search none.
  @Test func whatIsSlowIsTimedOnce() throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      """
      static int calls = 0;
      static void tell(void) {
        if (getenv("CALLS")) {
          FILE* file = fopen(getenv("CALLS"), "a");
          fprintf(file, "%d\\n", calls);
          fclose(file);
        }
      }
      cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint rank,
                                    const size_t* offset, const size_t* global, const size_t* local,
                                    cl_uint count, const cl_event* events, cl_event* event) {
        char name[256] = "";
        clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, 0);
        if (calls == 0) atexit(tell);
        if (!strncmp(name, "probe_fma", 9) || !strncmp(name, "probe_copy", 10)) calls++;
        usleep(atoi(getenv("MICROSECONDS")));
        return NEXT(clEnqueueNDRangeKernel)(queue, kernel, rank, offset, global, local, count,
                                            events, event);
      }
      """, in: small.path)
    func launches(_ microseconds: Int) throws -> Int {
      let calls = "\(small.path)/calls-\(microseconds)"
      let environment = environment(library, small).merging([
        "MICROSECONDS": "\(microseconds)", "CALLS": calls,
        "XDG_CACHE_HOME": "\(small.path)/cache-\(microseconds)",
      ]) { $1 }
      let devices = try CommandLineTool.run(
        ["devices", "--probe", "opencl:0:0", "--peaks"], environment: environment)
      #expect(devices.status == 0, "\(devices.errors)")
      let text = try String(contentsOfFile: calls, encoding: .utf8)
      return text.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
    }
    #expect(try launches(0) > 100)
    #expect(try launches(110_000) < 25)
  }

  /// Launches that take seconds are not timed again and again.
  @Test func aSlowCandidateEndsNoSearch() throws {
    let small = try SmallRun(variants: 1)
    let library = try DriverLibrary.build(
      """
      cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint rank,
                                    const size_t* offset, const size_t* global, const size_t* local,
                                    cl_uint count, const cl_event* events, cl_event* event) {
        static int calls = 0;
        calls++;
        if (getenv("SLOW") && calls > 3 && calls < 9) usleep(1100000);
        return NEXT(clEnqueueNDRangeKernel)(queue, kernel, rank, offset, global, local, count,
                                            events, event);
      }
      """, in: small.path)
    var environment = environment(library, small)
    #expect(try CommandLineTool.run(["devices"], environment: environment).status == 0)
    environment["SLOW"] = "1"
    let tuned = try CommandLineTool.run(
      ["tune", "--models", "mlp", "--budget", "1", "--device", "opencl", "--json"],
      environment: environment)
    #expect(tuned.status == 0, "\(tuned.errors)")
    let rejected = try tuned.json()["contractions"]?.array?.first?["rejected"]?.array ?? []
    #expect(!rejected.isEmpty && rejected.count < 4, "\(tuned.output)")
    for entry in rejected {
      #expect(entry["reason"]?.string?.contains("too long to go on") == true, "\(entry.text)")
    }
  }
}
