import RetortCore
import RetortFormats
import RetortNN

/// An ONNX model as Retort runs it: its nodes, what is known of them, and its parameters without their values.
struct ONNXProgram: Sendable {
  /// An initialiser that is a weight.
  struct Weight: Sendable {
    let name: String
    /// The extents on the device.
    let shape: Shape
    let layout: WeightLayout
    let role: Parameter.Role
  }

  let path: String
  let opset: Int
  private(set) var inputs: [ONNXValueInfo]
  private(set) var outputs: [String]
  private(set) var nodes: [ONNXNode]
  /// Initialisers that are no weights: whole numbers, scalars, and those that say how an operator works.
  let constants: [String: ONNXConstant]
  /// The weights in the order of the file; a running variance directly behind its mean.
  private(set) var weights: [Weight]
  /// The initialisers of weights that are copies of them, by the copies' names.
  private let copies: [String: String]

  /// The program of a file.
  ///
  /// - Throws: `FormatError` for an operator that is missing, with the node and the list of those there are.
  init(_ model: ONNXModel) throws(FormatError) {
    path = model.path
    opset = model.opset
    inputs = model.inputs
    outputs = model.outputs.map(\.name)
    try Self.checkOperators(model)
    let (rest, copies) = Self.untied(model)
    (nodes, self.copies) = (rest, copies)
    let uses = Uses(nodes)
    let tensors = Dictionary(uniqueKeysWithValues: model.initialisers.map { ($0.name, $0.tensor) })
    let copied = copies.sorted { $0.key < $1.key }.compactMap { name, source in
      tensors[source].map { (name: name, tensor: $0) }
    }
    var constants: [String: ONNXConstant] = [:]
    var weights: [Weight] = []
    var variances: [String: Weight] = [:]
    for (name, tensor) in model.initialisers + copied {
      guard uses.reads(name) || outputs.contains(name) else { continue }
      guard Self.isWeight(name, tensor, uses) else {
        do throws(ONNXFault) {
          constants[name] = try ONNXConstant(tensor)
        } catch {
          throw FormatError(
            path, in: "initialiser '\(name)'", .corrupt(error.reason))
        }
        continue
      }
      let weight = try Self.weight(name, tensor, uses, path)
      if weight.role == .runningVariance {
        variances[name] = weight
      } else {
        weights.append(weight)
      }
    }
    self.constants = constants
    self.weights = weights.flatMap { weight in
      [weight] + (uses.variances[weight.name].flatMap { variances[$0] }.map { [$0] } ?? [])
    }
  }

  /// The part that computes `results` of the inputs and of the values called `given`.
  func computing(_ results: [String], from given: Set<String> = []) -> ONNXProgram {
    var (part, needed) = (self, Set(results))
    part.outputs = results
    part.nodes = nodes.reversed().filter { node in
      guard node.outputs.contains(where: { needed.contains($0) && !given.contains($0) }) else {
        return false
      }
      needed.formUnion(node.inputs)
      return true
    }.reversed()
    needed.subtract(given)
    part.inputs = inputs.filter { needed.contains($0.name) }
    part.weights = weights.filter { needed.contains($0.name) }
    return part
  }

  /// Makes sure that every operator is known.
  private static func checkOperators(_ model: ONNXModel) throws(FormatError) {
    let missing = model.nodes.filter {
      !$0.domain.isEmpty || ONNXOperators.all[$0.operation] == nil
    }
    guard let first = missing.first else { return }
    let others = Set(missing.map(\.operation)).subtracting([first.operation]).sorted()
    let also = others.isEmpty ? "" : ", nor \(others.prefix(8).joined(separator: ", "))"
    let domain = first.domain.isEmpty ? "" : " of '\(first.domain)'"
    throw FormatError(
      model.path, in: "node \(first.title)",
      .unsupported(
        what: "operator \(first.operation)\(domain)\(also)",
        supported: ONNXOperators.names.joined(separator: ", ")))
  }

  /// The nodes without those that give a weight a second name, as exporters do with weights that are equal when a
  /// file is written; those learn apart.
  private static func untied(
    _ model: ONNXModel
  ) -> (nodes: [ONNXNode], copies: [String: String]) {
    let floating: Set<HostTensor.ElementType> = [.float16, .float32, .float64, .bfloat16]
    let sources = Set(
      model.initialisers.filter { floating.contains($0.tensor.elementType) }.map(\.name))
    var copies: [String: String] = [:]
    let nodes = model.nodes.filter { node in
      guard node.operation == "Identity", node.inputs.count == 1, node.outputs.count == 1 else {
        return true
      }
      let source = copies[node.inputs[0]] ?? node.inputs[0]
      guard sources.contains(source), !sources.contains(node.outputs[0]) else { return true }
      copies[node.outputs[0]] = source
      return false
    }
    return (nodes, copies)
  }

  /// Whether an initialiser holds numbers that training may change.
  private static func isWeight(_ name: String, _ tensor: HostTensor, _ uses: Uses) -> Bool {
    switch tensor.elementType {
    case .float16, .float32, .float64, .bfloat16:
      !tensor.shape.isEmpty && tensor.count > 0 && !uses.settings.contains(name)
    default: false
    }
  }

  private static func weight(
    _ name: String, _ tensor: HostTensor, _ uses: Uses, _ path: String
  ) throws(FormatError) -> Weight {
    guard let stored = Shape(checking: tensor.shape) else {
      throw FormatError(path, in: "initialiser '\(name)'", .sizeOverflow(shape: tensor.shape))
    }
    if uses.variances.keys.contains(name) {
      return Weight(name: name, shape: stored, layout: .plain, role: .runningMean)
    }
    if uses.variances.values.contains(name) {
      return Weight(name: name, shape: stored, layout: .plain, role: .runningVariance)
    }
    guard stored.rank == 4, uses.kernels.contains(name) else {
      return Weight(name: name, shape: stored, layout: .plain, role: .trainable)
    }
    return Weight(
      name: name, shape: [stored[0], stored[2], stored[3], stored[1]], layout: .channelsLast,
      role: .trainable)
  }

  /// The values of the weights, as the file has them.
  ///
  /// - Throws: `FormatError` for one that is no number of float32.
  func values(in model: ONNXModel) throws(FormatError) -> [NamedWeights] {
    let known = Set(weights.map(\.name))
    var found: [NamedWeights] = []
    let names = Dictionary(grouping: copies.keys) { copies[$0] ?? $0 }
    for (source, tensor) in model.initialisers {
      let own = ([source] + (names[source] ?? []).sorted()).filter(known.contains)
      guard !own.isEmpty else { continue }
      guard let floats = tensor.floats else {
        throw FormatError(
          path, in: "initialiser '\(source)'",
          .notConvertible(from: tensor.elementType.rawValue, to: "float32"))
      }
      found += own.map { NamedWeights(name: $0, shape: tensor.shape, values: floats) }
    }
    return found
  }

  /// The value that the logits are: the first output, or what its softmax is taken of.
  func logits(of output: String) -> String {
    var name = output
    for node in nodes.reversed() where node.outputs.first == name && node.inputs.count == 1 {
      guard ["Softmax", "LogSoftmax", "Identity"].contains(node.operation) else { break }
      name = node.inputs[0]
    }
    return name
  }
}

extension ONNXProgram {
  /// What initialisers are read for.
  private struct Uses {
    /// Names that are weights of convolutions.
    var kernels: Set<String> = []
    /// Names that say how an operator works, such as bounds.
    var settings: Set<String> = []
    /// Names of running variances by those of their means.
    var variances: [String: String] = [:]
    private var readers: [String: Int] = [:]

    init(_ nodes: [ONNXNode]) {
      var pairs: [(mean: String, variance: String)] = []
      for node in nodes {
        for name in node.inputs where !name.isEmpty { readers[name, default: 0] += 1 }
        for (index, name) in node.inputs.enumerated() where !name.isEmpty {
          switch (node.operation, index) {
          case ("Conv", 1), ("ConvTranspose", 1): kernels.insert(name)
          case ("Clip", 1...), ("Pad", 1...), ("Dropout", 1...), ("Resize", 1...),
            ("Upsample", 1...):
            settings.insert(name)
          default: break
          }
        }
        if node.operation == "BatchNormalization", node.inputs.count == 5 {
          pairs.append((node.inputs[3], node.inputs[4]))
        }
      }
      // Those that several nodes read keep their values.
      for (mean, variance) in pairs
      where mean != variance && readers[mean] == 1 && readers[variance] == 1 {
        variances[mean] = variance
      }
    }

    func reads(_ name: String) -> Bool { readers[name] != nil }
  }
}
