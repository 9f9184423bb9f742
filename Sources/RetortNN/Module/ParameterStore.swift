import RetortCore

/// The weights of one model in flat variables: one for all trainable parameters, one for all running
/// statistics, memories and what is fixed.
///
/// Each parameter begins at a multiple of `Variable.alignment`; a running variance directly follows its mean.
/// Gaps hold zeros. One optimizer launch and one copy serve the whole model.
public final class ParameterStore {
  /// The model whose weights these are.
  public let model: Module
  /// The model's name in messages and variables, such as `student`.
  public let name: String
  /// All parameters in checkpoints, in PyTorch's order.
  public let all: [Parameter]
  /// The parameters that an optimizer changes, in order.
  public let trainable: [Parameter]
  /// Running means and variances, and then memories and what is fixed, in order.
  public let buffers: [Parameter]
  /// The elements of `bufferVariable` that are running statistics; the others follow.
  let statisticsCount: Int
  /// The variable that holds `trainable`.
  public let parameterVariable: Variable
  /// The variable that holds `buffers`; nil where there are none.
  public let bufferVariable: Variable?
  let binding: ModelBinding

  /// Gives every parameter of `model` its name and its offset.
  ///
  /// A model has one store; a parameter that occurs twice in it (tied weights) is stored once, under the
  /// first name.
  ///
  /// - Parameters:
  ///   - model: The model, not yet held by a store.
  ///   - name: A name that is unique among the models of one run.
  ///   - isFrozen: Whether no step changes the weights, as for a teacher.
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
    let statistics = found.filter(\.role.isStatistic)
    let others = found.filter { $0.role != .trainable && !$0.role.isStatistic }
    buffers = statistics + others
    let parameterCount = ParameterStore.place(trainable)
    statisticsCount = ParameterStore.place(statistics)
    let bufferCount = ParameterStore.place(others, from: statisticsCount)
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

  /// Sets the offsets, from `start` on; returns the flat variable's extent.
  private static func place(_ parameters: [Parameter], from start: Int = 0) -> Int {
    var end = start
    for parameter in parameters {
      if parameter.role != .runningVariance {
        end = end.saturatingSum(Variable.alignment - 1) / Variable.alignment * Variable.alignment
      }
      parameter.offset = end
      // A running variance is followed by room for the batch's inverse deviation, so that a batch's packed
      // moments fit over the buffers as a whole.
      end = end.saturatingSum(
        parameter.shape.count.saturatingProduct(parameter.role == .runningVariance ? 2 : 1))
    }
    return end.saturatingSum(Variable.alignment - 1) / Variable.alignment * Variable.alignment
  }

  /// The number of weights, trainable or fixed, without gaps, running statistics and memories.
  public var parameterCount: Int {
    all.filter { $0.role == .trainable || $0.role == .fixed }
      .reduce(0) { $0.saturatingSum($1.shape.count) }
  }

  /// The trainable parameters as values of `graph`, in order.
  public func tensors(in graph: Graph) -> [Tensor] {
    trainable.map { binding.tensor($0, in: graph) }
  }

  /// The gradient of scalar `loss` with respect to all trainable parameters, flat, laid out as they are.
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
