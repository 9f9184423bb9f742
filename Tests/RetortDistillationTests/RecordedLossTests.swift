import RetortCPU
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortTestSupport
import RetortVerification
import Testing

@testable import RetortDistillation

/// Recorded losses at other values than those recorded: differences in float64, and inputs at the edges.
///
/// Values and gradients as recorded are compared by the tests of verification.
@Suite struct RecordedLossTests {
  /// Along its gradient, and along a random direction, each loss grows as its gradient says.
  @Test(arguments: Goldens.lossKinds) func gradientsAreThoseOfDifferences(_ name: String) throws {
    let run = try Run(
      VerificationCase(path: Goldens.lossPath(name)), on: CPUBackend(precision: .float64))
    let first = try run()
    let random = Philox4x32(seed: 3, stream: 1)
    let size = first.gradients.reduce(0) { $0 + $1.count }
    let flat = first.gradients.flatMap { $0 }.map(Double.init)
    let length = flat.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let uphill = flat.map { $0 / max(length, 1e-30) * Double(size).squareRoot() }
    for direction in [uphill, random.normals(size).map(Double.init)] {
      let slope = zip(flat, direction).reduce(0) { $0 + $1.0 * $1.1 }
      // Kinks disturb the longer step, rounding the shorter one.
      let agrees = try [1e-3, 2e-4].contains { step in
        let above = try run(moved: direction, by: step).value
        let below = try run(moved: direction, by: -step).value
        let bound = 2e-3 * max(abs(slope), length) + 1e-7 / step * abs(first.value)
        return abs((above - below) / (2 * step) - slope) <= bound
      }
      #expect(agrees, "\(name): \(slope)")
    }
  }

  /// No value and no gradient is NaN or infinite where features are nothing, all alike, or huge, or one example is all
  /// there is.
  @Test(arguments: Goldens.lossKinds) func edgesAreFinite(_ name: String) throws {
    let file = try Safetensors.read(Goldens.lossPath(name))
    var backends: [any Backend] = [CPUBackend()]
    if Sweep.isWhole { backends.append(try OpenCLBackend("opencl")) }
    for backend in backends {
      let run = try Run(VerificationCase(file), on: backend)
      for edge in Edge.allCases {
        let found = try run(try edge.changed(file))
        #expect(found.isFinite, "\(name) \(edge): \(found.value)")
      }
      let single = try file.firstExample()
      #expect(try Run(VerificationCase(single), on: backend)().isFinite, "\(name), one example")
    }
  }

  /// Each loss that compares with a teacher has been recorded, but those that need a model.
  @Test func everyLossIsRecorded() throws {
    var recorded: Set<String> = []
    for name in Goldens.lossKinds {
      let file = try VerificationCase(path: Goldens.lossPath(name))
      recorded.formUnion(try file.recordedLosses().map { NamedLoss($0).kind })
    }
    let all = Set(LossCatalog.all.names)
    let ofModels: Set = [
      "jacobian", "exits", "native-ensemble", "self-attention", "vae", "vq", "denoising",
      "confident-hint",
    ]
    #expect(all.subtracting(recorded) == ofModels)
  }
}

/// What inputs may be in the worst case.
enum Edge: String, CaseIterable {
  /// A student of zeros.
  case deadStudent
  /// A teacher of zeros.
  case deadTeacher
  /// Both of zeros.
  case dead
  /// A student whose examples are all the first.
  case coincident
  /// The student is the teacher, where shapes allow it.
  case equal
  /// Numbers of 10⁴.
  case huge

  /// The file with such inputs.
  func changed(_ original: Safetensors) throws -> Safetensors {
    var file = original
    for name in file.names where name.hasPrefix("student.") || name.hasPrefix("teacher.") {
      let isStudent = name.hasPrefix("student.")
      var values = try file.floats(name)
      let shape = try file.tensor(name).shape
      let row = values.count / shape[0]
      switch self {
      case .deadStudent where isStudent, .deadTeacher where !isStudent, .dead:
        values = values.map { _ in 0 }
      case .coincident where isStudent:
        values = (0..<shape[0]).flatMap { _ in values[..<row] }
      case .equal where isStudent:
        let other = "teacher." + name.dropFirst("student.".count)
        if try file.tensor(other).shape == shape { values = try file.floats(other) }
      case .huge: values = values.map { $0 * 1e4 }
      default: break
      }
      file.tensors[name] = HostTensor(shape: shape, floats: values)
    }
    return file
  }
}

extension Safetensors {
  /// The file with the first example alone, or the first pair of texts, which stands in two rows.
  fileprivate func firstExample() throws -> Safetensors {
    var file = self
    let kept = ["losses/contrastive", "losses/retrieval"].contains(where: path.contains) ? 2 : 1
    let batched = ["student.", "teacher.", "labels", "mask", "indices"]
    for name in names where batched.contains(where: name.hasPrefix) {
      let shape = [kept] + (try tensor(name).shape.dropFirst())
      let count = shape.reduce(1, *)
      file.tensors[name] =
        ["labels", "mask", "indices"].contains(name)
        ? HostTensor(shape: shape, int32s: Array(try int32s(name)[..<count]))
        : HostTensor(shape: shape, floats: Array(try floats(name)[..<count]))
    }
    return file
  }
}

/// A recorded loss with its gradients, compiled.
private struct Run {
  private let executable: any Executable
  private let inputs: [HostArray]
  private let names: [String]
  private let student: [Tensor]

  /// A loss and its gradients by the student's tensors.
  struct Result {
    let value: Double
    let gradients: [[Float]]

    var isFinite: Bool { value.isFinite && gradients.allSatisfy { $0.allSatisfy(\.isFinite) } }
  }

  init(_ file: VerificationCase, on backend: any Backend) throws {
    let graph = Graph()
    let (loss, inputs) = try file.recordedLoss(in: graph)
    let session = Session(backend)
    try loss.writeWeights(to: session)
    executable = try session.compile(
      graph, outputs: [loss.value] + gradients(of: loss.value, with: loss.student))
    (self.inputs, student) = (inputs, loss.student)
    names = graph.inputs.map(\.name)
  }

  /// The result, the student's values moved along `direction`.
  func callAsFunction(moved direction: [Double] = [], by size: Double = 0) throws -> Result {
    var start = 0
    return try run(
      inputs.enumerated().map { index, values in
        guard !direction.isEmpty, names[index].hasPrefix("student."),
          case .float32(let floats) = values
        else { return values }
        let part = direction[start..<start + floats.count]
        start += floats.count
        return .float32(zip(floats, part).map { Float(Double($0) + $1 * size) })
      })
  }

  /// The result of the inputs in a file of the same shapes.
  func callAsFunction(_ file: Safetensors) throws -> Result {
    try run(VerificationCase(file).recordedLoss(in: Graph()).inputs)
  }

  private func run(_ inputs: [HostArray]) throws -> Result {
    for (index, values) in inputs.enumerated() { try executable.setInput(index, values) }
    try executable.run()
    return Result(
      value: Double(try executable.floats(0)[0]),
      gradients: try student.indices.map { try executable.floats($0 + 1) })
  }
}
