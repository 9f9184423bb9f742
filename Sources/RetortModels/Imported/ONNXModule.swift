import RetortCore
import RetortFormats
import RetortNN

/// A model that an ONNX file describes, node by node.
///
/// Weights have their names in the file, and every value can be tapped by the name that a node gives it;
/// values of four axes are then `[batch, height, width, channels]`, as in other models. While a student
/// trains, its batch norms follow their batches.
public final class ONNXModule: Module {
  private let program: ONNXProgram
  private let parameters: [String: Parameter]
  /// The value that is the result.
  private let result: String

  init(_ program: ONNXProgram, result: String) {
    self.program = program
    self.result = result
    var parameters: [String: Parameter] = [:]
    for weight in program.weights {
      parameters[weight.name] = Parameter(
        weight.shape, .zeros, layout: weight.layout, role: weight.role)
    }
    self.parameters = parameters
  }

  /// The weights, under their names in the file.
  public override var ownParameters: [(key: String, parameter: Parameter)] {
    program.weights.compactMap { weight in parameters[weight.name].map { (weight.name, $0) } }
  }

  /// The values that nodes compute.
  public override var valueNames: [String] {
    program.nodes.flatMap(\.outputs).filter { !$0.isEmpty }
  }

  /// The result for examples of one field.
  public override func forward(_ x: Tensor) -> Tensor { forward(Example(x)) }

  /// The result for examples.
  public override func forward(_ example: Example) -> Tensor {
    result { () throws(ONNXFault) in
      try ONNXInputs(program.inputs).values(of: example)
    } as: {
      (value, graph) throws(ONNXFault) in
      try value.numbers(in: graph)
    }
  }

  /// The result for the given inputs, as a tensor; a fault is the graph's.
  func result(
    of inputs: () throws(ONNXFault) -> [String: ONNXValue],
    as tensor: (ONNXValue, Graph) throws(ONNXFault) -> Tensor
  ) -> Tensor {
    let graph = context.graph
    do throws(ONNXFault) {
      guard let value = try values(of: inputs())[result] else {
        throw ONNXFault("no node computes '\(result)'")
      }
      return try tensor(value, graph)
    } catch {
      return graph.fail(
        .invalidArgument(operation: program.path, reason: error.reason, path: graph.scope))
    }
  }

  /// All values for the given inputs; those behind a fault of the graph are missing.
  ///
  /// - Throws: `ONNXFault` naming the node.
  func values(of inputs: [String: ONNXValue]) throws(ONNXFault) -> [String: ONNXValue] {
    let graph = context.graph
    var values = inputs
    for (name, constant) in program.constants { values[name] = .constant(constant) }
    for weight in program.weights {
      guard let parameter = parameters[weight.name] else { continue }
      values[weight.name] = .tensor(parameter.tensor, isImage: weight.layout == .channelsLast)
    }
    var truths = Set(program.inputs.filter { $0.elementType == .bool }.map(\.name))
    var known = 0
    let scope = graph.scope
    defer { graph.scope = scope }
    for node in program.nodes {
      graph.scope = scope.isEmpty ? node.title : "\(scope): \(node.title)"
      do throws(ONNXFault) {
        var read: [ONNXValue?] = []
        for name in node.inputs {
          guard !name.isEmpty else {
            read.append(nil)
            continue
          }
          guard let value = values[name] else {
            throw ONNXFault("no node before computes '\(name)'")
          }
          read.append(value)
        }
        let call = ONNXCall(
          node: node, inputs: read, opset: program.opset, context: context,
          parameters: parameters, truths: truths)
        let results = try outputs(of: call)
        guard graph.error == nil else { break }
        for (name, value) in zip(node.outputs, results) where !name.isEmpty {
          values[name] = value
          known += value.constant?.count ?? 0
          try keep(value, as: name)
        }
        guard known <= ONNXConstant.totalLimit else {
          throw ONNXFault("more than \(ONNXConstant.totalLimit) elements are known before data are")
        }
        if ONNXOperators.isTruth(call), let name = node.outputs.first { truths.insert(name) }
      } catch {
        // What follows a fault of the graph says less than the fault.
        if let fault = graph.error { throw ONNXFault("\(fault)") }
        throw ONNXFault("node \(node.title): \(error.reason)")
      }
    }
    return values
  }

  /// The outputs of a node, computed now where that can be.
  private func outputs(of call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    if let known = try ONNXFolding.outputs(of: call) { return known }
    guard let function = ONNXOperators.all[call.node.operation] else {
      throw ONNXFault("there is no such operator")
    }
    return try function(call)
  }

  /// Keeps a value that is tapped.
  private func keep(_ value: ONNXValue, as name: String) throws(ONNXFault) {
    guard isTapped(name) else { return }
    let graph = context.graph
    keep(
      value.shape.count == 4 ? try value.image(in: graph) : try value.numbers(in: graph), as: name)
  }
}
