import RetortCore
import RetortFormats

/// The inputs of a replayed computation: graph values, and what to feed them at each step.
package final class CaseInputs {
  let graph: Graph
  private let content: Safetensors
  private(set) var feeds: [(name: String, values: (Int) -> HostArray)] = []
  private var made: [String: Tensor] = [:]

  init(_ file: VerificationCase, _ graph: Graph) {
    content = file.content
    self.graph = graph
  }

  /// The float32 tensor called `name`; images of four axes become NHWC.
  package func floats(_ name: String) throws -> Tensor {
    if let tensor = made[name] { return tensor }
    let shape = try content.tensor(name).shape
    let values = try content.floats(name)
    guard shape.count == 4 else { return add(name, Shape(shape), .float32(values)) }
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
    return add(
      name, Shape(try content.tensor(name).shape), .int32(try content.int32s(name)))
  }

  /// The part of `[steps, …]` that belongs to the current step.
  func perStep(_ name: String) throws -> Tensor {
    if let tensor = made[name] { return tensor }
    let shape = Shape(Array(try content.tensor(name).shape.dropFirst()))
    let values = try content.floats(name)
    let tensor = graph.input(name, shape)
    feeds.append((name, { .float32(Array(values[$0 * shape.count..<($0 + 1) * shape.count])) }))
    made[name] = tensor
    return tensor
  }

  /// The count of steps so far, int32 `[1]`.
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
