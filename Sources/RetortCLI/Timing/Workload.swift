import RetortCore
import RetortNN
import RetortTraining

/// What to benchmark: a training step with its student, teacher and loss, or a model whose outputs are timed.
struct Workload: Sendable {
  /// What the model learns from besides labels.
  enum Knowledge: Sendable {
    /// Nothing: it computes outputs in evaluation mode.
    case inference
    /// Labels only.
    case none
    /// Given logits, at temperature 4.
    case logits
    /// A ResNet-20 teacher, at temperature 4, on the examples and on as many more from a first-order search
    /// in a convolutional VAE's latent space.
    case exploration
  }

  /// The name for users.
  let name: String
  /// The student's name in the model catalog.
  let model: String
  /// The student's options.
  var options: [String: Double] = [:]
  /// The number of classes.
  var classes = 10
  /// The default number of examples per step.
  var batch = 128
  /// The kind of the examples.
  var examples: ExampleSpec = .image(ImageSize(height: 28, width: 28, channels: 1))
  /// The optimizer, with its learning rate.
  var optimizer: any Optimizer = Adam(learningRate: 1e-3)
  /// What the model learns from besides labels.
  var knowledge: Knowledge = .none

  /// Whether outputs are timed rather than training.
  var isInference: Bool { if case .inference = knowledge { true } else { false } }

  /// Every workload, small ones first.
  static let all: [Workload] = [
    Workload(name: "mlp", model: "mlp"),
    Workload(name: "lenet5", model: "lenet5"),
    Workload(name: "resnet8", model: "resnet8", optimizer: descent, knowledge: .logits),
    Workload(name: "resnet20", model: "resnet20", optimizer: descent, knowledge: .logits),
    Workload(
      name: "mobile", model: "mobilenetv3-small", options: ["dropout": 0], optimizer: descent,
      knowledge: .logits),
    Workload(
      name: "encoder", model: "bert",
      options: [
        "vocabulary": 8192, "width": 256, "layers": 4, "heads": 4, "feed-forward": 1024,
        "length": 128, "dropout": 0,
      ], classes: 2, batch: 32, examples: .tokens(length: 128, vocabulary: 8192),
      optimizer: AdamW(learningRate: 1e-4)),
    Workload(name: "tgt-first-order", model: "lenet5", batch: 64, knowledge: .exploration),
    Workload(
      name: "resnet18", model: "resnet18", batch: 64,
      examples: .image(ImageSize(height: 64, width: 64, channels: 3)), optimizer: slowDescent,
      knowledge: .logits),
    Workload(
      name: "minilm-student", model: "bert", options: miniLM(layers: 3), classes: 2, batch: 32,
      examples: .tokens(length: 64, vocabulary: 30522), optimizer: AdamW(learningRate: 1e-4)),
    Workload(
      name: "predict-resnet18", model: "resnet18", classes: 1000, batch: 32, examples: photographs,
      knowledge: .inference),
    Workload(
      name: "predict-efficientnet-lite0", model: "efficientnet-lite0", classes: 1000, batch: 32,
      examples: photographs, knowledge: .inference),
    sentences(length: 32), sentences(length: 128),
  ]

  private static let photographs = ExampleSpec.image(
    ImageSize(height: 224, width: 224, channels: 3))

  /// The sizes of all-MiniLM-L6-v2, but for the layers.
  private static func miniLM(layers: Double) -> [String: Double] {
    [
      "vocabulary": 30522, "width": 384, "layers": layers, "heads": 12, "feed-forward": 1536,
      "length": 512, "dropout": 0,
    ]
  }

  /// Vectors of sentences of so many tokens.
  private static func sentences(length: Int) -> Workload {
    Workload(
      name: "predict-minilm-\(length)", model: "sentence-bert", options: miniLM(layers: 6),
      batch: 32, examples: .tokens(length: length, vocabulary: 30522),
      knowledge: .inference)
  }

  private static let descent = SGD(learningRate: 0.01, momentum: 0.9, nesterov: true)
  // At 0.01 the losses of float32 and float64 are 0.2 % apart after four steps.
  private static let slowDescent = SGD(learningRate: 0.001, momentum: 0.9, nesterov: true)

  /// The workload called `name`.
  ///
  /// - Throws: `WorkloadError` with the nearest names.
  static func named(_ name: String) throws(WorkloadError) -> Workload {
    guard let workload = all.first(where: { $0.name == name }) else {
      throw WorkloadError(name: name, nearest: nearestNames(to: name, in: all.map(\.name)))
    }
    return workload
  }
}

/// An unknown name of a workload.
struct WorkloadError: Error, CustomStringConvertible {
  let name: String
  let nearest: [String]

  var description: String {
    "there is no step '\(name)' to time. Did you mean "
      + nearest.map { "'\($0)'" }.joined(separator: " or ") + "?"
  }
}
