import RetortCore
import RetortFormats
import RetortNN

/// Values computed by other code, for verification by recomputing them: a file of tensors and metadata.
///
/// Training cases hold a batch, initial weights, losses, first gradients and final weights; loss cases hold
/// inputs, a loss and its gradients. Sizes follow from the tensors' shapes, all other numbers from the
/// metadata.
public struct VerificationCase: Sendable {
  /// The tensors, the metadata and the file's name.
  public let content: Safetensors
  /// The name of the recorded computation, such as `mlp_sgd`.
  public let kind: String
  /// The numbers of the computation.
  let numbers: CaseNumbers

  /// The case described by a file's content.
  ///
  /// The kind is the metadata's `kind`; loss files without one are named after their folder or their formula.
  ///
  /// - Throws: `FormatError` where `hyper` is not JSON.
  public init(_ content: Safetensors) throws {
    self.content = content
    kind = VerificationCase.kind(of: content)
    numbers = try CaseNumbers(content)
  }

  /// The case in the safetensors file at `path`.
  ///
  /// - Throws: `FormatError` where the file cannot be read.
  public init(path: String) throws { try self.init(Safetensors.read(path)) }

  /// Computes the case on a device and compares the results with the record.
  ///
  /// - Parameter kinds: The computations that are known.
  /// - Throws: `VerificationError` for a file that does not describe a computation, `FormatError` for a
  ///   missing tensor, or the device's own errors.
  public func replay(
    on backend: any Backend, kinds: [VerificationKind] = VerificationKind.builtIn
  ) throws -> VerificationResult {
    guard let known = kinds.first(where: { $0.name == kind }) else {
      throw VerificationError.unknownKind(
        kind, file: content.path, known: kinds.map(\.name).sorted())
    }
    do {
      return try known.replay(self, backend)
    } catch let error as GraphError {
      throw VerificationError.faulty(file: content.path, reason: "\(error)")
    } catch let error as WeightError {
      throw VerificationError.faulty(file: content.path, reason: "\(error)")
    } catch let error as BackendError {
      guard case .memory = error else { throw error }
      throw VerificationError.faulty(file: content.path, reason: "\(error)")
    }
  }

  private static func kind(of content: Safetensors) -> String {
    if let kind = content.metadata["kind"] { return kind }
    let folder = content.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
    if VerificationKind.builtIn.contains(where: { $0.name == folder }) { return folder }
    switch content.metadata["formula"] {
    case "T^2 * sum_bc p_t log(p_t/p_s) / B": return "kd"
    case "alpha*CE(labels) + (1-alpha)*KD": return "kd_with_labels"
    default: return folder.isEmpty ? content.path : folder
    }
  }
}

/// A computation that can be replayed from its record.
public struct VerificationKind: Sendable {
  /// The name in files.
  public let name: String
  /// The function that computes a case on a device and compares the results.
  public let replay: @Sendable (VerificationCase, any Backend) throws -> VerificationResult

  /// A kind of case.
  public init(
    _ name: String,
    replay: @escaping @Sendable (VerificationCase, any Backend) throws -> VerificationResult
  ) {
    self.name = name
    self.replay = replay
  }

  init(
    training name: String, _ problem: @escaping @Sendable (VerificationCase) throws -> CaseProblem
  ) {
    self.init(name) { try replayTraining($0, problem($0), on: $1) }
  }

  /// Every kind that this module can replay.
  public static let builtIn: [VerificationKind] =
    computations
    + LossKind.all.map { kind in
      VerificationKind(kind.name) { try replayLoss($0, kind, on: $1) }
    }

  private static let computations: [VerificationKind] = [
    VerificationKind(training: "mlp_sgd", perceptronProblem),
    VerificationKind(training: "cnn_adam_kd", convolutionalProblem),
    VerificationKind(training: "resnet_sgd_nesterov", residualProblem),
    VerificationKind(training: "inverted_residual_adamw", invertedResidualProblem),
    VerificationKind(training: "encoder_adamw", encoderProblem),
    VerificationKind(training: "vae_adam", autoencoderProblem),
    VerificationKind(training: "gradient_penalty_sgd", gradientPenaltyProblem),
    VerificationKind("tgt_first_order_plain") { try replayExploration($0, .plain, on: $1) },
    VerificationKind("tgt_first_order_normalised") {
      try replayExploration($0, .normalised, on: $1)
    },
  ]
}
