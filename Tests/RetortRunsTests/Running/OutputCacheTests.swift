import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortRecipes
import RetortSchema
import RetortTestSupport
import Synchronization
import Testing

@testable import RetortRuns

/// Outputs of frozen models that are kept on disk.
@Suite struct OutputCacheTests {
  /// Two teachers of one shape and a generator.
  private static let models =
    CachedRun.head + """
      stages:
        - {name: a, teacher: {model: mlp, hidden1: 4, hidden2: 0}}
        - {name: b, teacher: {model: mlp, hidden1: 4, hidden2: 0}, train: {steps: 1}}
        - {name: g, generator: {model: conv-vae, latent: 2, width: 1, hidden: 2}}
      """

  private func teacher(_ name: String) -> String {
    "model: mlp, hidden1: 4, hidden2: 0, weights: models/stages/\(name)"
  }

  private func student(_ rest: String) -> String {
    CachedRun.head + """
      student: {model: mlp, hidden1: 3, hidden2: 0}
      losses: [kd]
      \(rest)
      """
  }

  private var explored: String {
    student(
      """
      teacher: {\(teacher("a"))}
      generator: {model: conv-vae, latent: 2, width: 1, hidden: 2, weights: models/stages/g}
      explore: {kind: zero}

      """)
  }

  private func withModels(_ body: (String) throws -> Void) throws {
    try SmallPictures.withFolder { home in
      _ = try CachedRun(Self.models, home, "models")
      try body(home)
    }
  }

  /// Training with the cache equals training without, and asks the teacher about no training example.
  @Test(arguments: ["cpu", "opencl"])
  func aRunWithItEqualsOneWithout(_ device: String) throws {
    try withModels { home in
      func run(_ yaml: String, _ name: String) throws -> CachedRun {
        try CachedRun(
          yaml, home, name, on: device == "cpu" ? CPUBackend() : OpenCLBackend("opencl"))
      }
      let without = try run(explored, "without")
      #expect(without.found.isEmpty && !FileBytes.isReadable(home + "/cache"))
      let first = try run(explored + "cache: cache", "first")
      let kept = try CachedRun.files(home)
      #expect(kept.keys.map { $0.prefix(10) }.sorted() == ["conv-vae-c", "mlp-logits"])
      let second = try run(explored + "cache: cache", "second")
      #expect(first.found.isEmpty && second.found == ["teacher", "generator"])
      #expect(first.faults + second.faults == [])
      #expect(!without.weights.isEmpty && without.weights == first.weights)
      #expect(without.weights == second.weights)
      #expect([without, first, second].map(\.asked) == [[60 + 3 * 5], [60 + 3 * 5], [3 * 5]])
      #expect(try CachedRun.files(home) == kept)
      // What is kept depends on the model, whatever it is called.
      let hashes = try ["without", "second"].map {
        try JSONValue.read("\(home)/\($0)/result.json", limit: 1 << 20)["recipeSHA256"]?.string
      }
      #expect(hashes[0] == hashes[1])
    }
  }

  /// Outputs that are kept in less room are those that are trained on, when they are computed as when they are read, and
  /// the run says what is lost.
  @Test func outputsKeptInLessRoom() throws {
    try withModels { home in
      let kept = student("teacher: {\(teacher("a"))}\ncache: cache")
      let whole = try CachedRun(kept, home, "whole")
      #expect(whole.losses.isEmpty)
      func keptAs(_ format: String, _ name: String) throws -> (size: Int, CachedRun) {
        let before = try CachedRun.files(home)
        let first = try CachedRun(kept + "\ncache-format: \(format)", home, name)
        let second = try CachedRun(kept + "\ncache-format: \(format)", home, name + "-again")
        let added = try CachedRun.files(home).filter { before[$0.key] == nil }
        #expect(added.count == 1 && first.asked == [60] && second.asked == [0])
        #expect(!first.weights.isEmpty && first.weights == second.weights)
        #expect(second.losses.isEmpty && first.faults + second.faults == [])
        return (added.first?.value.count ?? 0, first)
      }
      let half = try keptAs("float16", "half")
      let dense = try CachedRun.files(home).values.map(\.count).max() ?? 0
      #expect(dense - half.size >= 60 * 10 * 2 - 64 && half.1.weights != whole.weights)
      #expect(half.1.losses[0].hasPrefix("as float16: they are off by up to 0.00"))
      let top = try keptAs("top-k\ncache-classes: 3", "top")
      #expect(top.1.weights != whole.weights)
      #expect(top.1.losses[0].hasPrefix("as the 3 likeliest of 10 classes: "))
      let all = try keptAs("top-k\ncache-classes: 10", "all")
      #expect(all.1.weights == whole.weights && all.1.losses.isEmpty)
      // What is kept otherwise makes another recipe, unlike where it is kept.
      let hashes = try ["whole", "half", "half-again", "top", "all"].map {
        try JSONValue.read("\(home)/\($0)/result.json", limit: 1 << 20)["recipeSHA256"]?.string
      }
      #expect(Set(hashes).count == 4 && hashes[1] == hashes[2])
    }
  }

  /// The forms by themselves: what a file gives back, and what it refuses.
  @Test func formsGiveBackWhatTheyKeep() throws {
    let values: [Float] = [1, 3, 2, 3, -1, 0, 0.1, 1e-5, 5, 5, 5, 5]
    func given(_ form: OutputForm) throws -> [Float] {
      let tensors = try form.tensors(values, examples: 3, path: "file")
      return try form.values(
        in: Safetensors(tensors: tensors, metadata: [:]), examples: 3, width: 4)
    }
    #expect(try given(.float32) == values)
    #expect(try given(.topClasses(4)) == values && given(.topClasses(9)) == values)
    let half = try given(.float16)
    #expect(zip(values, half).allSatisfy { abs($0 - $1) <= abs($0) * 0x1p-11 + 0x1p-25 })
    let top = try given(.topClasses(2))
    // The likeliest two stay, the first of equals; the others have the mean of their exponentials.
    let shared = Float(log((exp(1.0) + exp(2.0)) / 2))
    #expect(Array(top[..<4]) == [shared, 3, shared, 3])
    #expect(top[8...].allSatisfy { abs($0 - 5) < 1e-6 })
    for row in 0..<3 {
      func sum(_ values: [Float]) -> Double {
        values[row * 4..<row * 4 + 4].reduce(0) { $0 + exp(Double($1)) }
      }
      #expect(abs(sum(top) - sum(values)) < 1e-5 * sum(values))
    }
    #expect(throws: FormatError.self) {
      try OutputForm.float16.tensors([1e5], examples: 1, path: "file")
    }
    for (name, values) in [("classes", [0, 4]), ("classes", [-1, 0]), ("classes", [0])] {
      var tensors = try OutputForm.topClasses(1).tensors(
        [1, 2, 3, 4], examples: 2, path: "file")
      tensors[name] = HostTensor(shape: [values.count, 1], int32s: values.map(Int32.init))
      #expect(throws: FormatError.self) {
        try OutputForm.topClasses(1).values(
          in: Safetensors(tensors: tensors, metadata: [:]), examples: 2, width: 2)
      }
    }
  }

  /// A teacher of other weights, other examples and another device have files of their own; variants and
  /// ensembles share what each teacher has said.
  @Test func eachTeacherIsKeptByItself() throws {
    try withModels { home in
      func run(_ rest: String, _ name: String, on backend: any Backend = CPUBackend()) throws
        -> CachedRun
      {
        try CachedRun(student(rest + "\ncache: cache"), home, name, on: backend)
      }
      let (a, b) = (teacher("a"), teacher("b"))
      #expect(try run("teacher: {\(a)}", "a").asked == [60])
      #expect(try run("teacher: {\(b)}", "b").asked == [60])
      #expect(try CachedRun.files(home).count == 2)
      let both = try run("teachers: [{name: x, \(b)}, {name: y, \(a), weight: 2}]", "both")
      #expect(both.asked == [0] && both.found == ["teacher x", "teacher y"])
      let few = "data: {name: fashion-mnist, directory: pictures, labelled: 10}"
      let variants = try run(
        """
        teacher: {\(a)}
        variants:
          - {name: all}
          - {name: few, \(few)}
          - {name: again, \(few)}
        """, "variants")
      #expect(variants.asked == [0, 10, 0] && variants.found == ["teacher"])
      #expect(try CachedRun.files(home).count == 3)
      let device = try run("teacher: {\(a)}", "device", on: OpenCLBackend("opencl"))
      #expect(device.asked == [60])
      // Weights that change under the same name are another teacher's.
      let weights = "stages/b/teacher/model.safetensors"
      try AtomicFile.write(
        try FileBytes.read("\(home)/models/\(weights)"),
        to: home + "/models/stages/a/teacher/model.safetensors")
      let changed = try run("teacher: {\(a)}", "changed")
      #expect(changed.asked == [0])
      #expect(try changed.weights == CachedRun(student("teacher: {\(b)}"), home, "b2").weights)
      // The teacher is asked live where inputs change from step to step.
      let live = try run(
        """
        variants:
          - {name: fixed, teacher: {\(b)}}
          - {name: moved, teacher: {\(b)}, augment: {shift: 1}}
        """, "live")
      #expect(live.asked == [0, 3 * 5] && live.found == ["teacher"])
    }
  }

  /// A file that is cut short, changed or another's is refused with a word, and written anew.
  @Test func damagedFilesAreComputedAgain() throws {
    try withModels { home in
      let yaml = student("teacher: {\(teacher("a"))}\ncache: cache")
      let first = try CachedRun(yaml, home, "first")
      let (name, whole) = try #require(try CachedRun.files(home).first)
      let path = "\(home)/cache/\(name)"
      var (flipped, renamed) = (whole, whole)
      flipped[whole.count - 7] ^= 4
      // The name of what is under "source" stands for another model's.
      let source = try #require(whole.firstRange(of: Array("hidden1".utf8)))
      renamed[source.upperBound - 1] += 1
      let spoilt: [(bytes: [UInt8], word: String)] = [
        (Array(whole.dropLast(5)), "needs"), (Array(whole.prefix(3)), "needs"), ([], "empty"),
        (flipped, "SHA-256"), (renamed, "source"),
      ]
      for (index, (bytes, word)) in spoilt.enumerated() {
        try AtomicFile.write(bytes, to: path)
        let run = try CachedRun(yaml, home, "run\(index)")
        #expect(run.faults.count == 1 && run.found.isEmpty)
        #expect(run.faults.allSatisfy { $0.hasPrefix(path) }, "\(run.faults): \(word)")
        #expect(run.weights == first.weights && run.asked == [60])
        #expect(try FileBytes.read(path) == whole)
      }
      // Another teacher's file under this one's name.
      let other = try CachedRun(student("teacher: {\(teacher("b"))}\ncache: cache"), home, "other")
      let (_, others) = try #require(try CachedRun.files(home).first { $0.key != name })
      try AtomicFile.write(others, to: path)
      let misled = try CachedRun(yaml, home, "misled")
      #expect(misled.weights == first.weights && misled.weights != other.weights)
      #expect(misled.faults.count == 1 && misled.faults[0].contains("outputs of another model"))
      // A folder that cannot be one keeps nothing, and stops nobody.
      let blocked = try CachedRun(
        yaml.replacing("cache: cache", with: "cache: \(path)/below"), home, "blocked")
      #expect(blocked.weights == first.weights && blocked.faults.count == 1)
    }
  }

  /// Two runs at once come to the same, and leave one whole file.
  @Test func twoRunsAtOnceAgree() throws {
    try withModels { home in
      let yaml = student("teacher: {\(teacher("a"))}\ncache: cache")
      let weights = Mutex<[[String: HostTensor]]>([])
      DispatchQueue.concurrentPerform(iterations: 4) { index in
        let outcome = try? CachedRun(yaml, home, "run\(index)")
        weights.withLock { $0.append(outcome?.weights ?? [:]) }
      }
      let found = weights.withLock { $0 }
      #expect(found.count == 4 && !found[0].isEmpty && found.allSatisfy { $0 == found[0] })
      let after = try CachedRun(yaml, home, "after")
      #expect(try CachedRun.files(home).count == 1 && after.found == ["teacher"])
    }
  }
}
