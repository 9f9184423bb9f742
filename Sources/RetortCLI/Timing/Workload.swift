import RetortCore
import RetortNN
import RetortTraining

/// A training step to benchmark: its student, teacher and loss.
struct Workload: Sendable {
  /// The student's source of knowledge besides labels.
  enum Knowledge: Sendable {
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
  /// The student's source of knowledge besides labels.
  var knowledge: Knowledge = .none

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
  ]

  private static let descent = SGD(learningRate: 0.01, momentum: 0.9, nesterov: true)

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
