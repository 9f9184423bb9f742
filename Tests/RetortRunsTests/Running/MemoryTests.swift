import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

@Suite struct MemoryTests {
  private func withRecipe(_ body: (Recipe, String) throws -> Void) throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: small
          data: {name: fashion-mnist, directory: \(home)/pictures}
          train: {steps: 2, batch: 20, evaluate-every: 1}
          stages:
            - {name: teacher, teacher: {model: \(Sweep.isWhole ? "resnet8, width: 4" : "mlp")}}
            - {name: generator, generator: {model: conv-vae, width: 4, hidden: 32}}
            - name: distil
              teacher: {from: teacher}
              generator: {from: generator}
              student: {model: lenet5-small}
              losses: [{kind: cross-entropy}, {kind: kd}]
              explore: {kind: first}
          """, path: "small.yaml")
      try body(recipe, home)
    }
  }

  @Test func thePredictionIsWithinATenthOfWhatARunTakes() throws {
    try withRecipe { recipe, home in
      let device = try OpenCLDevice.select()
      let predicted = try RecipeRunner.memory(of: recipe, on: OpenCLBackend(OpenCLContext(device)))
      let backend = try OpenCLBackend(OpenCLContext(device))
      let before = backend.context.peakByteCount
      _ = try RecipeRunner(recipe, on: backend, into: home + "/out").run()
      let taken = backend.context.peakByteCount
      #expect(taken > before, "opening the device took more than the run")
      #expect(
        abs(predicted - taken) * 10 <= taken, "\(predicted) bytes predicted, \(taken) taken")
    }
  }

  @Test func aRunThatCannotFitDoesNotStart() throws {
    try withRecipe { recipe, home in
      let needed = try RecipeRunner.memory(of: recipe, on: SmallDevice(bytes: 1 << 40))
      let small = SmallDevice(bytes: needed - 1)
      let error = #expect(throws: RunError.self) {
        _ = try RecipeRunner(recipe, on: small, into: home + "/out").run()
      }
      #expect(error == .memory(needed: needed, available: needed - 1, device: "small device"))
      #expect(small.calls == 0)
      #expect(!FileManager.default.fileExists(atPath: home + "/out"))
      #expect(
        error?.description
          == "the run needs \(needed >> 20) MiB of device memory, and small device "
          + "has \((needed - 1) >> 20) MiB; use a smaller batch or model, or another device")
    }
  }
}

/// The processor with the memory of a small device.
private final class SmallDevice: Backend {
  let name = "small device"
  let fusesPrologues = false
  let memoryByteCount: Int?
  private(set) var calls = 0
  private let base = CPUBackend()

  init(bytes: Int) { memoryByteCount = bytes }

  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    calls += 1
    return try base.makeBuffer(count: count, dtype: dtype)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    calls += 1
    return try base.compile(plan, variables: variables)
  }
}
