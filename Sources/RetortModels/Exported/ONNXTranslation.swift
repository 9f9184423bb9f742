import RetortCore
import RetortFormats
import RetortNN

/// The nodes of a file while they are made of a model's graph, in order.
///
/// Convolutions and what is computed element by element of their results stay `[batch, channels, height,
/// width]`. A transposition moves nothing by itself: it says how the elements lie, and a node is written only
/// where an operator needs them otherwise.
final class ONNXTranslation {
  let plan: ExportedPlan
  /// The model's name, with which the scopes of its nodes begin.
  private let model: String
  /// The values of nodes that have been translated.
  var values: [Int32: ExportedValue] = [:]
  private(set) var nodes: [ONNXNode] = []
  /// Shapes, axes and numbers that nodes read.
  private(set) var constants: [(name: String, tensor: HostTensor)] = []
  /// The weights that are read, by name.
  private(set) var weights: Set<String> = []
  private var names: Set<String>
  /// Names of results by what computes them, for nodes that move elements only.
  private var known: [String: String] = [:]
  /// The graph's first input, of which the number of examples is read.
  private let firstInput: String

  /// The translation of all steps of a plan.
  ///
  /// - Parameters:
  ///   - plan: What is computed.
  ///   - store: The model.
  ///   - inputs: The values of the graph's inputs, in order.
  ///   - reserved: Names that no value may have.
  /// - Throws: `ExportError` naming the node.
  init(
    _ plan: ExportedPlan, of store: ParameterStore, inputs: [ExportedValue], reserved: [String]
  ) throws(ExportError) {
    (self.plan, model) = (plan, store.name)
    firstInput = inputs.first?.name ?? ""
    names = Set(reserved + inputs.map(\.name) + store.all.map(\.path))
    for (id, step) in plan.steps.enumerated() {
      guard let step else { continue }
      let id = Int32(id)
      if case .operation = step, case .input(let index) = plan.op(id) {
        values[id] = inputs[Int(index)]
      } else {
        values[id] = try value(of: step, id)
      }
    }
  }

  /// The value of a node that has been translated.
  func value(_ id: Int32) throws(ExportError) -> ExportedValue {
    guard let value = values[id] else {
      throw .fixedBatch(operation: plan.trace.graph.label(id), node: plan.trace.graph.place(id))
    }
    return value
  }

  /// The name of a weight, which is read.
  func weight(_ parameter: Parameter) -> String {
    weights.insert(parameter.path)
    return parameter.path
  }

  func rank(_ id: Int32) -> Int { plan.shape(id).rank }

  func extents(_ id: Int32) -> [BatchExtent] { plan.trace.extents[Int(id)] }

  // MARK: Writing nodes

  /// Adds a node for `id` and gives its result's name.
  func add(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:],
    for id: Int32
  ) -> String {
    let place = place(of: id)
    let name = unique(
      place.hasSuffix("/\(operation)") || place == operation
        ? place : place.isEmpty ? operation : "\(place)/\(operation)")
    nodes.append(
      ONNXNode(
        name: name, operation: operation, inputs: inputs, outputs: [name], attributes: attributes))
    return name
  }

  /// Adds a node that moves or converts elements, unless there is one that does the same.
  func move(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:],
    for id: Int32
  ) -> String {
    let given = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let key = ([operation] + inputs + given).joined(separator: "\u{0}")
    if let name = known[key] { return name }
    let name = add(operation, inputs, attributes, for: id)
    known[key] = name
    return name
  }

  /// The path of the module that a node stands in, or what an imported file calls it.
  private func place(of id: Int32) -> String {
    let scope = plan.trace.graph.place(id)
    if let first = scope.firstIndex(of: "'"), let last = scope.lastIndex(of: "'"), first < last {
      return String(scope[scope.index(after: first)..<last])
    }
    return scope == model
      ? "" : scope.hasPrefix(model + ".") ? String(scope.dropFirst(model.count + 1)) : scope
  }

  private func unique(_ name: String) -> String {
    var (found, count) = (name, 0)
    while !names.insert(found).inserted {
      count += 1
      found = "\(name)_\(count)"
    }
    return found
  }

  /// The name of integers that nodes read.
  func integers(_ integers: [Int]) -> String {
    let text = integers.map(String.init).joined(separator: ",")
    return constant(
      "integers/\(text)",
      HostTensor(shape: [integers.count], int64s: integers.map(Int64.init)))
  }

  /// The name of a number without axes.
  func number(_ value: Double) -> String {
    constant("number/\(Float(value))", HostTensor(shape: [], floats: [Float(value)]))
  }

  private func constant(_ label: String, _ tensor: HostTensor) -> String {
    if let name = known[label] { return name }
    let name = unique(label)
    known[label] = name
    constants.append((name, tensor))
    return name
  }

  /// Gives a value another name in all nodes; a weight or an input is passed through a node.
  func rename(_ value: String, to name: String, for id: Int32) {
    guard nodes.contains(where: { $0.outputs.contains(value) }) else {
      nodes.append(
        ONNXNode(
          name: name, operation: "Identity", inputs: [value], outputs: [name], attributes: [:]))
      return
    }
    nodes = nodes.map { $0.renaming([value: name]) }
  }

  // MARK: Shapes

  /// The name of a shape that a reshape reads: -1 stands for what follows the batch.
  func shape(_ extents: [BatchExtent], for id: Int32) throws(ExportError) -> String {
    var shape: [Int] = []
    for extent in extents {
      switch extent {
      case .fixed(let count): shape.append(count)
      case .batch: shape.append(-1)
      }
    }
    guard shape.count(where: { $0 == -1 }) < 2 else {
      throw .fixedBatch(operation: plan.trace.graph.label(id), node: plan.trace.graph.place(id))
    }
    return integers(shape)
  }

  /// The name of a shape with the number of examples in it.
  func wholeShape(_ extents: [BatchExtent], for id: Int32) -> String {
    var parts: [String] = []
    var fixed: [Int] = []
    for extent in extents {
      switch extent {
      case .fixed(let count): fixed.append(count)
      case .batch(let times):
        if !fixed.isEmpty { parts.append(integers(fixed)) }
        fixed = []
        let batch = move("Shape", [firstInput], ["start": .int(0), "end": .int(1)], for: id)
        parts.append(times == 1 ? batch : move("Mul", [batch, integers([times])], for: id))
      }
    }
    if !fixed.isEmpty || parts.isEmpty { parts.append(integers(fixed)) }
    return parts.count == 1 ? parts[0] : move("Concat", parts, ["axis": .int(0)], for: id)
  }
}
