import Testing

@testable import RetortOpenCL

@Suite struct LaunchFaultTests {
  private func fault(_ change: (inout Launch) -> Void) throws -> String {
    let context = try Fixture.context()
    let x = try DeviceMemory(context, [Float](repeating: 1, count: 64))
    var launch = Fixture.saxpy("saxpy_fault", a: 1, x: x, y: x, count: 64)
    change(&launch)
    let error = #expect(throws: OpenCLError.self) {
      try LaunchList([.kernel(launch)], in: context)
    }
    return error?.description ?? ""
  }

  private func head(global: [Int], local: [Int]) throws -> String {
    """
    Kernel 'saxpy_fault' of Program 'generated' with global \(global) and local \(local) cannot \
    run on \(try Fixture.context().device.name):
    """
  }

  @Test func sizesAreChecked() throws {
    #expect(
      try fault { $0.global = [65] } == head(global: [65], local: [16])
        + " the global size 65 is not divisible by the local size 16 in dimension 0.")
    #expect(
      try fault { $0.global = [0] } == head(global: [0], local: [16])
        + " a size in dimension 0 is less than 1.")
    #expect(
      try fault { $0.local = [16, 1] } == head(global: [64], local: [16, 1])
        + " global and local size need the same number of dimensions, one to three.")
    let limit = try Fixture.context().device.maxWorkItemSizes[0]
    #expect(
      try fault {
        $0.global = [limit * 2]
        $0.local = [limit * 2]
      } == head(global: [limit * 2], local: [limit * 2])
        + " the local size \(limit * 2) in dimension 0 exceeds the device's limit of \(limit).")
    let group = try Fixture.context().device.maxWorkGroupSize
    #expect(
      try fault {
        $0.global = [group, 2]
        $0.local = [group, 2]
      } == head(global: [group, 2], local: [group, 2])
        + " the work-group of \(group * 2) exceeds the device's limit of \(group).")
  }

  @Test func argumentsAreChecked() throws {
    let head = try head(global: [64], local: [16])
    #expect(
      try fault { $0.arguments.append("more", .int(1)) }
        == head + " 5 arguments are given, the kernel takes 4.")
    #if DEBUG
      #expect(
        try fault {
          $0.arguments = ["b": .float(1), "x": .int(1), "y": .int(1), "count": .int(1)]
        } == head + " argument 0 is labelled 'b', the kernel's parameter is 'a'.")
    #endif
    let refused = try fault {
      $0.arguments = ["a": .long(1), "x": .int(1), "y": .int(1), "count": .int(1)]
    }
    #expect(refused == head + " argument 0 ('a') was refused with CL_INVALID_ARG_SIZE.")
  }

  @Test func aRequiredGroupIsNamed() throws {
    let text = try fault {
      $0.generated = $0.generated.replacing(
        "__kernel", with: "__kernel __attribute__((reqd_work_group_size(8, 1, 1)))")
    }
    #expect(text.hasSuffix("the kernel was compiled for work-groups of [8, 1, 1]."))
  }

  @Test func localMemoryIsLimited() throws {
    let limit = try Fixture.context().device.localMemorySize
    let text = try fault {
      $0.generated = "__kernel void saxpy_fault(__local float* scratch) { scratch[0] = 0.0f; }"
      $0.arguments = ["scratch": .local(limit + 4)]
    }
    #expect(text.contains("\(limit)"))
  }

  @Test func aMissingEntryIsNamed() throws {
    let device = try Fixture.context().device.name
    let text = try fault { $0.entry = "saxpy_gone" }
    #expect(text == "Program 'generated' has no kernel 'saxpy_gone' on \(device).")
  }

  @Test func anUnknownFamilyIsNamed() throws {
    let text = try fault { $0.family = "matmul/none" }
    #expect(
      text
        == "No kernel source 'matmul/none' is embedded; Kernels/kernels.c lists those that are.")
  }

  @Test func aFailedBuildShowsMacrosAndLog() throws {
    let text = try fault {
      $0.macros = ["WIDTH": "4"]
      $0.generated = "__kernel void saxpy_fault(__global float* y) { y[0] = no_such_name; }"
    }
    #expect(text.hasPrefix("Program 'generated' (WIDTH=4) did not build on "))
    #expect(text.contains(", CL_BUILD_PROGRAM_FAILURE: "))
    #expect(text.contains("no_such_name"))
  }

  @Test func aReferenceWithoutABufferIsRefused() throws {
    let text = try fault {
      $0.arguments = [
        "a": .float(1), "x": .buffer(.value(7)), "y": .buffer(.value(7)), "count": .int(1),
      ]
    }
    #expect(text == "LaunchList failed with CL_INVALID_VALUE: value(7) has no buffer.")
  }

  @Test func anOversizedBufferIsRefused() throws {
    let context = try Fixture.context()
    let limit = context.device.maxAllocationSize
    let error = #expect(throws: OpenCLError.self) {
      try DeviceMemory(context, byteCount: limit + 1)
    }
    #expect(
      error == .tooLarge(byteCount: limit + 1, limit: limit, device: context.device.name))
  }
}
