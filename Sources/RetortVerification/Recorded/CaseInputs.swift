import RetortCore
import RetortFormats

/// The inputs of a replayed computation: tensors of the graph and the values to feed at each step.
package final class CaseInputs {
  let graph: Graph
  private let content: Safetensors
  /// The numbers of the case.
  let numbers: CaseNumbers
  /// The number of the case's steps; 1 for a computation without steps.
  private let steps: Int
  private(set) var feeds: [(name: String, values: (Int) -> HostArray)] = []
  private var made: [String: Tensor] = [:]

  /// Inputs for `steps` steps.
  init(_ file: VerificationCase, _ graph: Graph, steps: Int = 1) {
    (content, numbers, self.steps) = (file.content, file.numbers, steps)
    self.graph = graph
  }

  /// The float32 tensor called `name`; images of four axes become NHWC.
  package func floats(_ name: String) throws -> Tensor {
    if let tensor = made[name] { return tensor }
    let shape = try content.checkedShape(name)
    let values = try content.floats(name)
    guard shape.rank == 4 else { return add(name, shape, .float32(values)) }
    let (batch, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    var pixels = values
    for image in 0..<batch {
      for channel in 0..<channels {
        for pixel in 0..<height * width {
          pixels[(image * height * width + pixel) * channels + channel] =
            values[(image * channels + channel) * height * width + pixel]
        }
      }
    }
    return add(name, [batch, height, width, channels], .float32(pixels))
  }

  /// The int32 tensor called `name`.
  package func integers(_ name: String) throws -> Tensor {
    if let tensor = made[name] { return tensor }
    return add(name, try content.checkedShape(name), .int32(try content.int32s(name)))
  }

  /// The examples `input.x`; with `mixup` their mixture with the examples that `input.partner` selects.
  func examples() throws -> Tensor {
    let x = try floats("input.x")
    guard let share = try numbers.optional("mixup", .share) else { return x }
    let partners = x.flatten().gather(try integers("input.partner"))
    return x * share + partners.reshape(to: x.shape) * (1 - share)
  }

  /// The labels of the examples' partners.
  func partnerLabels() throws -> Tensor {
    let (name, labels) = ("input.y of partner", try content.int32s("input.y"))
    let partners = try content.int32s("input.partner").map(Int.init)
    guard partners.count == labels.count, partners.allSatisfy(labels.indices.contains) else {
      throw VerificationError.wrongShape(
        tensor: "input.partner", shape: try content.tensor("input.partner").shape,
        wanted: "[\(labels.count)], a place among the examples for each", file: content.path)
    }
    return made[name] ?? add(name, [labels.count], .int32(partners.map { labels[$0] }))
  }

  /// The slice of the tensor `[steps, …]` for the current step.
  func perStep(_ name: String) throws -> Tensor {
    if let tensor = made[name] { return tensor }
    let whole = try content.checkedShape(name)
    guard whole.rank >= 1, whole[0] >= steps else {
      throw VerificationError.wrongShape(
        tensor: name, shape: whole.dimensions, wanted: "[\(steps), …], a part for each step",
        file: content.path)
    }
    let shape = Shape(Array(whole.dimensions.dropFirst()))
    let values = try content.floats(name)
    let tensor = graph.input(name, shape)
    feeds.append((name, { .float32(Array(values[$0 * shape.count..<($0 + 1) * shape.count])) }))
    made[name] = tensor
    return tensor
  }

  /// A scalar that varies by step, float32 `[1]`.
  func number(_ name: String, _ value: @escaping (Int) -> Double) -> Tensor {
    feeds.append((name, { .float32([Float(value($0))]) }))
    return graph.input(name, [1])
  }

  /// The number of the step, int32 `[1]`, counted from 0.
  func step() -> Tensor {
    let tensor = graph.input("step", [1], .int32)
    feeds.append(("step", { .int32([Int32($0)]) }))
    return tensor
  }

  private func add(_ name: String, _ shape: Shape, _ values: HostArray) -> Tensor {
    let tensor = graph.input(name, shape, values.dtype)
    feeds.append((name, { _ in values }))
    made[name] = tensor
    return tensor
  }
}

extension Safetensors {
  /// The shape of the tensor called `name`.
  ///
  /// - Throws: `FormatError` if there is none, `VerificationError.wrongShape` if it is empty or too large for
  ///   a graph.
  func checkedShape(_ name: String) throws -> Shape {
    let extents = try tensor(name).shape
    guard let shape = Shape(checking: extents), shape.count > 0 else {
      throw VerificationError.wrongShape(
        tensor: name, shape: extents,
        wanted: "of at most \(Shape.maximumRank) axes, none of them empty", file: path)
    }
    return shape
  }
}
