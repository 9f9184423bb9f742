import RetortCore

/// The weights of one model, laid into flat variables: one of all trainable parameters, one of
/// all running statistics.
///
/// Each parameter begins at a multiple of `Variable.alignment`; a running variance lies directly
/// behind its mean. Gaps hold zeros. One optimizer launch and one copy serve the whole model.
public final class ParameterStore {
  /// The model whose weights these are.
  public let model: Module
  /// What messages and variables call the model, such as `student`.
  public let name: String
  /// Everything that checkpoints hold, in PyTorch's order.
  public let all: [Parameter]
  /// The parameters that an optimizer changes, in order.
  public let trainable: [Parameter]
  /// Running means and variances, in order.
  public let buffers: [Parameter]
  /// Holds `trainable`.
  public let parameterVariable: Variable
  /// Holds `buffers`; nil where there are none.
  public let bufferVariable: Variable?
  let binding: ModelBinding

  /// Gives every parameter of `model` its name and its place.
  ///
  /// A model has one store; parameters that occur twice in it (tied weights) are held once, under
  /// the first name.
  ///
  /// - Parameters:
  ///   - model: The model; no store holds it yet.
  ///   - name: Distinguishes the models of one run.
  ///   - isFrozen: Whether no step ever changes the weights: a teacher's.
  public init(_ model: Module, name: String, isFrozen: Bool = false) {
    var found: [Parameter] = []
    var modules: [Module] = []
    var seen: Set<ObjectIdentifier> = []
    model.walk { module, path in
      guard seen.insert(ObjectIdentifier(module)).inserted else { return }
      module.path = path
      modules.append(module)
      for (key, parameter) in module.ownParameters
      where seen.insert(ObjectIdentifier(parameter)).inserted {
        parameter.path = path.joinedPath(key)
        found.append(parameter)
      }
    }
    self.model = model
    self.name = name
    all = found
    trainable = found.filter { $0.role == .trainable }
    buffers = found.filter { $0.role != .trainable }
    let parameterCount = ParameterStore.place(trainable)
    let bufferCount = ParameterStore.place(buffers)
    parameterVariable = Variable(
      name: "\(name).parameters", count: max(parameterCount, Variable.alignment),
      isFrozen: isFrozen)
    bufferVariable =
      buffers.isEmpty
      ? nil : Variable(name: "\(name).buffers", count: bufferCount, isFrozen: isFrozen)
    binding = ModelBinding(name: name, parameters: parameterVariable, buffers: bufferVariable)
    for module in modules { module.binding = binding }
    for parameter in found { parameter.binding = binding }
  }

  /// Sets the offsets; returns the flat variable's extent.
  private static func place(_ parameters: [Parameter]) -> Int {
    var end = 0
    for parameter in parameters {
      if parameter.role != .runningVariance {
        end = end.saturatingSum(Variable.alignment - 1) / Variable.alignment * Variable.alignment
      }
      parameter.offset = end
      // Behind a running variance there is room for the batch's inverse deviation, so that a
      // batch's moments can be laid over the buffers whole.
      end = end.saturatingSum(
        parameter.shape.count.saturatingProduct(parameter.role == .runningVariance ? 2 : 1))
    }
    return end.saturatingSum(Variable.alignment - 1) / Variable.alignment * Variable.alignment
  }

  /// The number of trainable weights, without gaps.
  public var parameterCount: Int { trainable.reduce(0) { $0.saturatingSum($1.shape.count) } }

  /// The trainable parameters as values of `graph`, in order.
  public func tensors(in graph: Graph) -> [Tensor] {
    trainable.map { binding.tensor($0, in: graph) }
  }

  /// The derivatives of scalar `loss` by all trainable parameters, flat, laid out as they are.
  public func gradient(of loss: Tensor) -> Tensor {
    let graph = loss.graph
    return packed(gradients(of: loss, with: tensors(in: graph)), in: graph)
  }

  /// One tensor per trainable parameter, in order, laid out as the flat variable is.
  public func packed(_ tensors: [Tensor], in graph: Graph) -> Tensor {
    graph.pack(
      zip(tensors, trainable).map { ($0, $1.offset) }, count: parameterVariable.count)
  }
}
