import RetortFormats
import RetortModels
import RetortRuns

extension Inspect {
  /// Shows what an ONNX file holds and, where Retort can make a model of it, what it costs and its taps.
  func show(_ model: ONNXModel) {
    let elements = model.initialisers.reduce(0) { $0 + $1.tensor.count }
    let (outline, obstacle) = outline(of: file)
    guard !format.json else {
      StandardOutput.write(json(model, elements, outline))
      return
    }
    var operators = TextTable(["operator", "nodes", "supported"], numeric: [1])
    for found in counts(model) {
      operators.add(plain(found.name), "\(found.count)", found.isSupported ? "yes" : "no")
    }
    StandardOutput.write(operators.text)
    var table = TextTable(Self.columns, numeric: [4])
    for (kind, infos) in [("input", model.inputs), ("output", model.outputs)] {
      for info in infos {
        table.add(
          kind, plain(info.name), info.elementType?.rawValue ?? "-", plain(info.shapeText), "-")
      }
    }
    for (name, tensor) in model.initialisers { addTensor(name, tensor, to: &table) }
    addTaps(of: outline, to: &table)
    StandardOutput.write(table.text)
    for note in model.metadata.sorted(by: { $0.key < $1.key }) {
      StandardOutput.write("\(plain(note.key)): \(brief(note.value))")
    }
    StandardOutput.write(
      "\(model.nodes.count) nodes of opset \(model.opset), \(model.initialisers.count) tensors, "
        + "\(elements) elements")
    if let outline { StandardOutput.write(summary(outline)) }
    if let obstacle { StandardOutput.write("no taps: \(plain(obstacle))") }
  }

  /// The outline of the model in an ONNX file, or why there is none.
  private func outline(of path: String) -> (ModelOutline?, obstacle: String?) {
    do { return (try ModelOutline(of: path), nil) } catch { return (nil, "\(error)") }
  }

  private func json(
    _ model: ONNXModel, _ elements: Int, _ outline: ModelOutline?
  ) -> JSONValue {
    func values(_ infos: [ONNXValueInfo]) -> JSONValue {
      .array(
        infos.map {
          .record(
            ("name", .string($0.name)), ("dtype", .string($0.elementType?.rawValue ?? "")),
            ("shape", .string($0.shapeText)))
        })
    }
    let members = JSONValue.record(
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
        "tensors", .array(model.initialisers.map { json($0.name, $0.tensor) })
      ))
    return .object((members.members ?? []) + outlineMembers(outline))
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
}
