import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortRecipes
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortRuns

@Suite struct DeviceFailureTests {
  private let recipe = """
    version: 1
    name: short
    data: {name: fashion-mnist, directory: PICTURES}
    checkpoints: {steps: 1}
    stages:
      - name: teacher
        teacher: {model: mlp, hidden1: 6, hidden2: 0}
        train: {steps: 3, batch: 10, evaluate-every: 2}
      - name: student
        teacher: {from: teacher}
        student: {model: mlp, hidden1: 4, hidden2: 0}
        losses: [{kind: cross-entropy}, {kind: kd}]
        explore: {kind: pixel-gradient, steps: 1}
        optimizer: {kind: rmsprop, centered: true, clip-norm: 1, average: {decay: 0.5}}
        train: {steps: 3, batch: 10}
    """

  /// Every call to the device fails once, in a run of its own; every sixth such run is then ended on
  /// a healthy device.
  @Test func everyFailureSurfacesAndLosesNothing() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: recipe.replacingOccurrences(of: "PICTURES", with: home + "/pictures"), path: "short")
      let healthy = FailingBackend(CPUBackend())
      _ = try RecipeRunner(recipe, on: healthy, into: home + "/whole").run()
      #expect(healthy.account.alive == 0 && healthy.account.calls > 50)
      let expected = try student(home + "/whole")

      for failing in 1...healthy.account.calls {
        let out = "\(home)/out-\(failing)"
        let backend = FailingBackend(CPUBackend(), failing: failing)
        let error = #expect(throws: BackendError.self) {
          _ = try RecipeRunner(recipe, on: backend, into: out).run()
        }
        #expect(error == .device("call \(failing) failed"))
        #expect(backend.account.failures == 1)
        #expect(backend.account.calls == failing, "nothing is asked of a device that failed")
        #expect(backend.account.alive == 0, "call \(failing) leaks")
        let hasBegun = FileBytes.isReadable(out + "/recipe.yaml")
        #expect(hasBegun == FileManager.default.fileExists(atPath: out))
        guard failing % 6 == 0 else {
          try checkpointsAreWhole(in: out)
          continue
        }
        let again = RecipeRunner(
          recipe, on: CPUBackend(), into: out, isResumed: hasBegun,
          report: { event in
            if case .checkpointRefused(let error) = event { Issue.record(error) }
          })
        _ = try again.run()
        #expect(try student(out) == expected, "resumed after call \(failing)")
      }
    }
  }

  private func checkpointsAreWhole(in folder: String) throws {
    for name in FileManager.default.enumerator(atPath: folder) ?? NSEnumerator() {
      guard let name = name as? String, name.contains("checkpoints/") else { continue }
      _ = try Checkpoint(path: folder + "/" + name)
    }
  }

  private func student(_ folder: String) throws -> [UInt8] {
    try FileBytes.read(folder + "/student/model.safetensors")
  }
}
