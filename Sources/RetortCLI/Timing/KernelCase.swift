import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining

/// One operation to time, with a name that describes it.
struct KernelCase: Sendable {
  let name: String
  /// Whether it is a loss with its gradient, whose time counts and not its rate.
  var isLoss = false
  /// Adds the operation to a graph, with operands in device memory.
  let build: @Sendable (inout KernelOperands) throws -> KernelResult

  /// Every named operation.
  static let all: [KernelCase] =
    [(128, 10), (128, 1000), (4096, 30522)].map { softTargetLoss(rows: $0, classes: $1) }
    + [adam(millions: 10)] + losses
    + products.flatMap { m, k, n in
      [(false, false), (true, false), (false, true)].map {
        matmul(m, k, n, transposeA: $0, transposeB: $1)
      }
    } + ConvolutionCase.all.flatMap(\.kernels)

  /// The operations named `name` or with that prefix and a dash; empty if there are none.
  static func named(_ name: String) -> [KernelCase] {
    all.filter { $0.name == name || $0.name.hasPrefix(name + "-") }
  }

  private static let products = [
    (128, 128, 128), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048),
    (128, 784, 512), (128, 512, 256), (128, 512, 10), (8192, 384, 384), (8192, 384, 1536),
    (384, 8192, 384),
  ]

  /// Hinton's loss at temperature 4 and its gradient with respect to the student's logits.
  private static func softTargetLoss(rows: Int, classes: Int) -> KernelCase {
    KernelCase(name: "softmax-kl-\(rows)x\(classes)") { operands in
      let student = operands.tensor("student", [rows, classes])
      let teacher = operands.tensor("teacher", [rows, classes])
      let loss = RetortDistillation.softTargetLoss(
        student: student, teacher: teacher, temperature: 4)
      return .outputs([loss] + gradients(of: loss, with: [student]))
    }
  }

  /// One step of Adam over a flat buffer.
  private static func adam(millions: Int) -> KernelCase {
    KernelCase(name: "adam-\(millions)M") { operands in
      let count = millions * 1_000_000
      let gradient = operands.tensor("gradient", [count])
      let parameters = operands.variable("parameters", count)
      let adam = OptimizerUpdate(Adam(learningRate: 1e-3).rule)
      let state = (0..<adam.stateCount).map { Variable(name: "state \($0)", count: count) }
      let update = Effect.optimize(
        adam, parameters: parameters, gradient: gradient, state: state,
        learningRate: operands.graph.constant([Float(1e-3)], [1]),
        step: operands.graph.constant([Int32(0)], [1]))
      return .update(update, of: parameters)
    }
  }

  /// `[M, K] × [K, N]`, with either operand stored transposed.
  private static func matmul(
    _ m: Int, _ k: Int, _ n: Int, transposeA: Bool, transposeB: Bool
  ) -> KernelCase {
    let form = (transposeA ? "t" : "n") + (transposeB ? "t" : "n")
    return KernelCase(name: "gemm-\(m)x\(k)x\(n)-\(form)") { operands in
      let a = operands.tensor("a", transposeA ? [k, m] : [m, k])
      let b = operands.tensor("b", transposeB ? [n, k] : [k, n])
      return .outputs([a.matmul(b, transposeA: transposeA, transposeB: transposeB)])
    }
  }
}

/// A convolution of 128 square images that preserves their size.
private struct ConvolutionCase {
  let name: String
  let inputs, outputs, size, kernel: Int
  var groups = 1
  var hasDataGradient = true

  static let all = [
    ConvolutionCase(name: "c16_32", inputs: 16, outputs: 16, size: 32, kernel: 3),
    ConvolutionCase(name: "c32_16", inputs: 32, outputs: 32, size: 16, kernel: 3),
    ConvolutionCase(name: "c64_8", inputs: 64, outputs: 64, size: 8, kernel: 3),
    // The gradient with respect to images is not needed.
    ConvolutionCase(
      name: "c1_28", inputs: 1, outputs: 32, size: 28, kernel: 3, hasDataGradient: false),
    ConvolutionCase(name: "pw64_128_14", inputs: 64, outputs: 128, size: 14, kernel: 1),
    ConvolutionCase(name: "dw128_14", inputs: 128, outputs: 128, size: 14, kernel: 3, groups: 128),
  ]

  private var geometry: Convolution { Convolution(padding: kernel / 2, groups: groups) }

  /// The operation and its gradients.
  var kernels: [KernelCase] {
    let (images, results): (Shape, Shape) =
      ([128, size, size, inputs], [128, size, size, outputs])
    let weights: Shape = [outputs, kernel, kernel, inputs / groups]
    let forward = KernelCase(name: "conv-\(name)-forward") { operands in
      .outputs([operands.tensor("x", images).convolution(operands.tensor("w", weights), geometry)])
    }
    let data = KernelCase(name: "conv-\(name)-data") { operands in
      let gradient = operands.tensor("g", results)
      return .outputs([
        gradient.convolutionInputGradient(
          operands.tensor("w", weights), geometry, inputHeight: size, inputWidth: size)
      ])
    }
    let weight = KernelCase(name: "conv-\(name)-weight") { operands in
      let x = operands.tensor("x", images)
      return .outputs([
        x.convolutionWeightGradient(
          operands.tensor("g", results), geometry, kernelHeight: kernel, kernelWidth: kernel)
      ])
    }
    return hasDataGradient ? [forward, data, weight] : [forward, weight]
  }
}

/// The result of an operation.
enum KernelResult {
  /// Output tensors; the first is checked after timing.
  case outputs([Tensor])
  /// A changed variable.
  case update(Effect, of: Variable)
}

/// A graph under construction, with the variables that the operation reads.
struct KernelOperands {
  let graph = Graph()
  private(set) var variables: [Variable] = []

  /// A variable that is filled with random numbers.
  mutating func variable(_ name: String, _ count: Int) -> Variable {
    let variable = Variable(name: name, count: count)
    variables.append(variable)
    return variable
  }

  /// The weights of layers, filled with random numbers.
  mutating func store(_ layers: Module) -> ParameterStore {
    let store = ParameterStore(layers, name: "layers")
    variables += [store.trainable.isEmpty ? nil : store.parameterVariable, store.bufferVariable]
      .compactMap(\.self)
    return store
  }

  /// A variable filled with random numbers, as a tensor.
  mutating func tensor(_ name: String, _ shape: Shape) -> Tensor {
    graph.variable(variable(name, shape.count), shape)
  }
}
