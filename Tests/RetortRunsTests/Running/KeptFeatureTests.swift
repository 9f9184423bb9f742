import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortRecipes
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Features of teachers, and outputs for augmented examples, that are kept on disk.
@Suite struct KeptFeatureTests {
  private func backend(_ device: String) throws -> any Backend {
    device == "cpu" ? CPUBackend() : try OpenCLBackend("opencl")
  }

  /// What learnt from a live teacher is what learnt from a table, to the last bit on the CPU backend.
  private func expect(_ live: CachedRun, isOfWeightsOf kept: CachedRun, on device: String) {
    // Convolutions of many examples at once may add in another order than those of a step.
    if device == "cpu" { #expect(live.weights == kept.weights) }
    for (name, values) in live.weights {
      let (own, other) = (values.floats ?? [], kept.weights[name]?.floats ?? [])
      #expect(own.count == other.count)
      #expect(zip(own, other).allSatisfy { abs($0 - $1) < 1e-3 * max(1, abs($0)) }, "\(name)")
    }
  }

  /// Features that are kept equal those that each step computes, with several teachers too, and are of no other teacher.
  @Test(arguments: ["cpu", "opencl"]) func featuresAreKept(_ device: String) throws {
    try SmallPictures.withFolder { home in
      func run(_ yaml: String, _ name: String) throws -> CachedRun {
        try CachedRun(yaml, home, name, on: backend(device))
      }
      let model = "model: lenet5-small"
      _ = try run(
        CachedRun.head + """
          stages:
            - {name: a, teacher: {\(model)}}
            - {name: b, teacher: {\(model)}, train: {steps: 1}}
          """, "models")
      func taught(_ teacher: String, _ rest: String = "") -> String {
        CachedRun.head + """
          student: {\(model)}
          teacher: {\(model), weights: models/stages/\(teacher)}
          losses:
            - kd
            - {kind: hint, taps: [{student: conv1, teacher: conv1}, {student: conv2, teacher: conv2}]}
          \(rest)
          """
      }
      let (keeping, caching) = ("keep-features: true", "keep-features: true\ncache: cache")
      let live = try run(taught("a"), "live")
      let without = try run(taught("a", keeping), "without")
      let first = try run(taught("a", caching), "first")
      let second = try run(taught("a", caching), "second")
      let count = first.asked[0]
      #expect(live.asked == [15] && without.asked == [count] && count >= 60 && second.asked == [0])
      #expect(first.found.isEmpty && second.found.count == 3)
      #expect(first.weights == without.weights && second.weights == without.weights)
      expect(live, isOfWeightsOf: without, on: device)
      let kept = try CachedRun.files(home)
      let kinds = ["lenet5-small-features", "lenet5-small-features", "lenet5-small-logits"]
      #expect(kept.keys.map { String($0.prefix { $0 != "." }.dropLast(65)) }.sorted() == kinds)
      // Another teacher's features are others, though the files lie side by side.
      let other = try run(taught("b", caching), "other")
      let alone = try run(taught("b", keeping), "b")
      #expect(other.asked == [count] && other.weights == alone.weights)
      #expect(other.weights != first.weights)
      #expect(try CachedRun.files(home).count == 6)

      let several =
        CachedRun.head + """
          student: {\(model)}
          teachers:
            - {name: a, \(model), weights: models/stages/a}
            - {name: b, \(model), weights: models/stages/b}
          losses:
            - kd
            - {kind: hint, taps: [{student: conv2, teacher: b.conv2}]}

          """
      let plain = try run(several + keeping, "several")
      let looked = try run(several + caching, "looked")
      #expect(looked.weights == plain.weights && looked.asked == [0] && plain.asked[0] > 0)
      #expect(throws: RecipeErrors.self) { try run(taught("a", "cache: cache"), "none") }
      let augmented = caching + "\naugment: {flip: true}"
      #expect(throws: RecipeErrors.self) { try run(taught("a", augmented), "none") }
    }
  }

  /// Draws that are repeated have rows of their own: what each step would compute, once for each draw, and for all seeds.
  @Test(arguments: ["cpu", "opencl"]) func repeatedDrawsAreKept(_ device: String) throws {
    try SmallPictures.withFolder { home in
      func run(_ yaml: String, _ name: String) throws -> CachedRun {
        try CachedRun(yaml, home, name, on: backend(device))
      }
      let model = "model: lenet5-small"
      _ = try run(
        "version: 1\nname: kept\ndata: {name: fashion-mnist, directory: pictures}\n"
          + "train: {steps: 3, batch: 5}\nstages: [{name: a, teacher: {\(model)}}]\n", "models")
      // Forty steps of five are three epochs.
      func taught(_ changes: String, _ losses: String, _ rest: String = "") -> String {
        """
        version: 1
        name: kept
        data: {name: fashion-mnist, directory: pictures}
        train: {steps: 40, batch: 5}
        student: {\(model)}
        teacher: {\(model), weights: models}
        augment: {\(changes)}
        losses: [\(losses)]
        \(rest)
        """
      }
      let changes = "shift: 5, flip: true, crop: 0.5, draws: 2"
      let hint = "kd, {kind: hint, taps: [{student: conv1, teacher: conv1}]}"
      let live = try run(taught(changes, hint), "live")
      let kept = try run(taught(changes, hint, "keep-features: true"), "kept")
      let count = kept.asked[0]
      #expect(live.asked == [200] && count == 120)
      expect(live, isOfWeightsOf: kept, on: device)

      let first = try run(taught(changes, "kd", "cache: cache"), "first")
      let second = try run(taught(changes, "kd", "cache: cache\nseed: 7"), "second")
      #expect(first.asked == [count] && second.asked == [0] && second.weights != first.weights)
      #expect(try run(taught(changes, "kd"), "without").weights == first.weights)
      // Other changes are other inputs, and so are other numbers of draws.
      let others = ["shift: 5, flip: true, crop: 0.5, draws: 3", "shift: 5, draws: 2"]
      #expect(
        try others.map { try run(taught($0, "kd", "cache: cache"), $0).asked } == [[180], [120]])
      #expect(try CachedRun.files(home).count == 3)
    }
  }
}
