import Foundation
import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortTraining

@Suite struct CheckpointTests {
  private let session = Session(CPUBackend())
  private let store = ParameterStore(Linear(3, 2), name: "student")
  private let optimizer: OptimizerState
  private let folder: CheckpointFolder

  init() throws {
    optimizer = OptimizerState(Adam(learningRate: 1), for: store)
    try store.write(store.initialWeights(seed: 1), to: session)
    for (index, variable) in optimizer.variables.enumerated() {
      try session.write(Array(repeating: Float(index + 1), count: variable.count), to: variable)
    }
    let path = try temporaryFolder().path
    folder = CheckpointFolder(path, keeping: 2)
  }

  private func checkpoint(_ step: Int, recipe: String = "abc") throws -> Checkpoint {
    var state = TrainingState()
    (state.step, state.position) = (step, .init(epoch: 3, index: 7))
    (state.seconds, state.losses) = (0.1 + 0.2, [("loss", 1 / 3), ("kd", 2e-30)])
    state.validation = .init(
      best: .init(step: 5, accuracy: 0.875, loss: 0.1),
      last: .init(step: 6, accuracy: nil, loss: 2),
      stale: 3)
    return try Checkpoint(
      session, [learner], state,
      origin: .init(seed: .max, recipeSHA256: recipe, device: "a \"device\""))
  }

  private var learner: Learner { Learner(store, optimizer, learningRate: 1) }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func everythingComesBack() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let written = try checkpoint(12)
    try folder.write(written)
    let read = try #require(try folder.newest(of: "abc") { Issue.record($0) })
    #expect(read.state.step == 12 && read.state.position == .init(epoch: 3, index: 7))
    #expect(read.state.seconds == 0.1 + 0.2)
    #expect(read.state.losses.map(\.name) == ["loss", "kd"])
    #expect(read.state.losses.map(\.value) == [1 / 3, 2e-30])
    #expect(read.state.validation == written.state.validation)
    #expect(read.origin == written.origin)
    #expect(read.variables == written.variables && read.variables.count == 3)

    let other = ParameterStore(Linear(3, 2), name: "student")
    let state = OptimizerState(Adam(learningRate: 1), for: other)
    try read.restore(session, [Learner(other, state, learningRate: 1)])
    #expect(try other.weights(in: session) == store.weights(in: session))
    for (a, b) in zip(state.variables, optimizer.variables) {
      #expect(try session.read(a) == session.read(b))
    }
    let wider = ParameterStore(Linear(300, 2), name: "student")
    let its = OptimizerState(Adam(learningRate: 1), for: wider)
    #expect(throws: BackendError.self) {
      try read.restore(session, [Learner(wider, its, learningRate: 1)])
    }
  }

  @Test func theNewestAndTheBestAreKept() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    #expect(try folder.newest(of: "abc") { Issue.record($0) } == nil)
    try folder.writeBest(checkpoint(1))
    for step in [2, 9, 10, 11] { try folder.write(checkpoint(step)) }
    #expect(try names() == ["best-1.safetensors", "step-10.safetensors", "step-11.safetensors"])
  }

  /// A best state stays as long as a checkpoint is left from which training may go on without making it
  /// again.
  @Test func bestsStayWhileTheyAreNeeded() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    func bests() throws -> [String] { try names().filter { $0.hasPrefix("best-") } }
    try folder.writeBest(checkpoint(2))
    try folder.write(checkpoint(4))
    try folder.writeBest(checkpoint(5))
    #expect(try bests() == ["best-2.safetensors", "best-5.safetensors"])
    try folder.write(checkpoint(6))
    #expect(try bests() == ["best-2.safetensors", "best-5.safetensors"])
    try folder.write(checkpoint(8))
    #expect(try bests() == ["best-5.safetensors"])
    #expect(try folder.best(5, of: "abc").state.step == 5)
    #expect(throws: FormatError.self) { try folder.best(5, of: "abd") }
    #expect(throws: FormatError.self) { try folder.best(6, of: "abc") }
    try folder.writeBest(checkpoint(9))
    try folder.dropBests(after: 8)
    #expect(try bests() == ["best-5.safetensors"])
  }

  @Test func aDamagedOneIsNeverTaken() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.write(checkpoint(1))
    try folder.write(checkpoint(2))
    let path = folder.path + "/step-2.safetensors"
    let bytes = try FileBytes.read(path)
    let variants =
      stride(from: 0, to: bytes.count, by: 7).map { Array(bytes[..<$0]) }
      + bytes.indices.map { index in
        var changed = bytes
        changed[index] ^= UInt8(1 << (index % 8))
        return changed
      }
    for variant in variants {
      try AtomicFile.write(variant, to: path)
      var refused: [FormatError] = []
      let found = try folder.newest(of: "abc") { refused.append($0) }
      #expect(found?.state.step == 1)
      #expect(refused.count == 1 && refused.first?.path == path)
      #expect(try names() == ["step-1.safetensors"])
    }
  }

  private func order() throws -> BatchOrder { try BatchOrder(count: 20, batchSize: 4, seed: 1) }

  /// A checkpoint after five steps over 20 examples, in batches of 4.
  private func fitting() throws -> Checkpoint {
    var found = try checkpoint(5)
    found.state.position = .init(epoch: 1, index: 0)
    return found
  }

  @Test func onlyOneThatFitsIsTaken() throws {
    func reason(_ change: (inout Checkpoint) -> Void) throws -> String? {
      var changed = try fitting()
      change(&changed)
      return changed.misfit([learner], try order(), steps: 9)
    }
    #expect(try reason { _ in } == nil)
    #expect(try reason { $0.state.step = 10 } == "it is of step 10, and the training has 9")
    let place = "its place in the data is not that of step 5"
    #expect(try reason { $0.state.position.index = 4 } == place)
    #expect(try reason { $0.state.position.epoch = .max } == place)
    #expect(
      try reason { $0.variables["student.parameters"]?.removeLast() }
        == "it has 255 elements of 'student.parameters', not 256")
    #expect(
      try reason { $0.variables["student.second-moment"] = nil }
        == "it has 0 elements of 'student.second-moment', not 256")
    #expect(
      try reason { $0.variables["student.parameters"]?[7] = .nan }
        == "its weights 'student.parameters' are not finite")
  }

  /// States that are well written but cannot be: each is refused, and the one before it taken.
  @Test func aForgedStateIsNotTaken() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let path = folder.path + "/step-7.safetensors"
    let forgeries: [(inout Checkpoint) -> Void] = [
      { $0.state.step = .max }, { $0.state.step = -1 }, { $0.state.step = 6 },
      { $0.state.position.epoch = .max }, { $0.state.position.epoch = -1 },
      { $0.state.position.index = -1 }, { $0.state.position.index = .max },
      { $0.state.seconds = -1 },
      {
        $0.state.validation = .init(
          best: .init(step: -1, accuracy: 0.5, loss: 0), last: nil, stale: 0)
      },
      {
        $0.state.validation = .init(
          best: .init(step: 1, accuracy: 1e300, loss: 0), last: nil, stale: 0)
      },
      { $0.state.validation = .init(best: nil, last: nil, stale: -1) },
    ]
    for forge in forgeries {
      try folder.write(fitting())
      var forged = try fitting()
      forged.state.step = 7
      forged.state.position = .init(epoch: 1, index: 8)
      forge(&forged)
      try forged.write(to: path)
      var refused: [FormatError] = []
      let order = try order()
      let found = try folder.newest(
        of: "abc", misfit: { $0.misfit([learner], order, steps: 9) },
        damaged: { refused.append($0) })
      #expect(found?.state.step == 5)
      #expect(refused.map(\.path) == [path])
      #expect(refused.first?.description.contains("the content is damaged") == true)
    }
  }

  /// Whoever wrote a key that means nothing meant something by it.
  @Test func aStateWithAnUnknownKeyIsNotTaken() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.write(checkpoint(1))
    let path = folder.path + "/step-1.safetensors"
    let whole = try Safetensors.read(path)
    let state = try #require(whole.metadata["state"])
    for (part, key) in [("{\"step\":1,", "state"), ("{\"step\":5,", "state.validation.best")] {
      var changed = whole
      changed.metadata["state"] = state.replacing(part, with: part + "\"stpe\":1,")
      try #require(changed.metadata["state"] != state, "\(state)")
      changed.metadata["sha256"] = Checkpoint.digest(changed)
      try changed.write(to: path)
      let error = #expect(throws: FormatError.self) { try Checkpoint(path: path) }
      #expect(error?.fault == .unknownKey("stpe", nearest: "step") && error?.field == key)
    }
  }

  @Test func oneOfAnotherRecipeIsNotTaken() throws {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.write(checkpoint(1, recipe: "abd"))
    var refused: [FormatError] = []
    #expect(try folder.newest(of: "abc") { refused.append($0) } == nil)
    #expect(refused.first?.description.contains("it belongs to another recipe") == true)
  }
}
