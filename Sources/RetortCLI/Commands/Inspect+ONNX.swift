import RetortFormats
import RetortModels

extension Inspect {
  /// Shows what an ONNX file holds.
  func show(_ model: ONNXModel) {
    let elements = model.initialisers.reduce(0) { $0 + $1.tensor.count }
    guard !format.json else {
      StandardOutput.write(json(model, elements))
      return
    }
    var values = TextTable(["value", "name", "dtype", "shape"])
    for (kind, infos) in [("input", model.inputs), ("output", model.outputs)] {
      for info in infos {
        values.add(
          kind, plain(info.name), info.elementType?.rawValue ?? "-", plain(info.shapeText))
      }
    }
    StandardOutput.write(values.text)
    var operators = TextTable(["operator", "nodes", "supported"], numeric: [1])
    for found in counts(model) {
      operators.add(plain(found.name), "\(found.count)", found.isSupported ? "yes" : "no")
    }
    StandardOutput.write(operators.text)
    var tensors = TextTable(["tensor", "dtype", "shape", "elements"], numeric: [3])
    for (name, tensor) in model.initialisers {
      tensors.add(
        plain(name), tensor.elementType.rawValue,
        tensor.shape.map(String.init).joined(separator: "×"), "\(tensor.count)")
    }
    StandardOutput.write(tensors.text)
    for note in model.metadata.sorted(by: { $0.key < $1.key }) {
      StandardOutput.write("\(plain(note.key)): \(plain(String(note.value.prefix(200))))")
    }
    StandardOutput.write(
      "\(model.nodes.count) nodes of opset \(model.opset), \(model.initialisers.count) tensors, "
        + "\(elements) elements")
  }

  private func json(_ model: ONNXModel, _ elements: Int) -> JSONValue {
    func values(_ infos: [ONNXValueInfo]) -> JSONValue {
      .array(
        infos.map {
          .record(
            ("name", .string($0.name)), ("dtype", .string($0.elementType?.rawValue ?? "")),
            ("shape", .string($0.shapeText)))
        })
    }
    return .record(
      ("file", .string(file)), ("opset", .integer(model.opset)),
      ("producer", .string(model.producer)), ("elements", .integer(elements)),
      (
        "metadata",
        .object(
          model.metadata.sorted { $0.key < $1.key }.map {
            .init($0.key, .string($0.value))
          })
      ),
      ("inputs", values(model.inputs)), ("outputs", values(model.outputs)),
      (
        "nodes",
        .array(
          model.nodes.map {
            .record(
              ("name", .string($0.name)), ("operator", .string($0.operation)),
              ("inputs", .array($0.inputs.map { .string($0) })),
              ("outputs", .array($0.outputs.map { .string($0) })))
          })
      ),
      (
        "tensors",
        .array(
          model.initialisers.map { name, tensor in
            .record(
              ("name", .string(name)), ("dtype", .string(tensor.elementType.rawValue)),
              ("shape", .array(tensor.shape.map { .integer($0) })))
          })
      ))
  }

  /// The operators of a model with the number of nodes of each, by name.
  private func counts(_ model: ONNXModel) -> [(name: String, count: Int, isSupported: Bool)] {
    let nodes = Dictionary(grouping: model.nodes) {
      $0.domain.isEmpty ? $0.operation : "\($0.domain).\($0.operation)"
    }
    return nodes.sorted { $0.key < $1.key }.map {
      ($0.key, $0.value.count, ONNXImport.operators.contains($0.key))
    }
  }

  private func plain(_ text: String) -> String { text.plain(keepingLines: false) }
}
