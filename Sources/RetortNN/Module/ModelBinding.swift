import RetortCore

/// The state that all modules of one tree share: the variables that hold their weights, and the current
/// forward pass.
final class ModelBinding {
  let name: String
  var parameters: Variable
  var buffers: Variable?
  var context: ForwardContext?

  init(name: String, parameters: Variable, buffers: Variable?) {
    self.name = name
    self.parameters = parameters
    self.buffers = buffers
  }

  func tensor(_ parameter: Parameter, in graph: Graph) -> Tensor {
    let variable = parameter.role == .trainable ? parameters : buffers ?? parameters
    return graph.variable(variable, offset: parameter.offset, parameter.shape)
  }
}
