extension ONNXModel {
  /// The version of the format that is written, and that of its operators.
  package static let writtenVersions = (format: 8, operators: 17)

  /// The most bytes of a file: what Protocol Buffers can count.
  static let byteLimit = Int(Int32.max)

  /// A model to be written.
  package init(
    producer: String, producerVersion: String, metadata: [String: String],
    inputs: [ONNXValueInfo], outputs: [ONNXValueInfo], nodes: [ONNXNode],
    initialisers: [(name: String, tensor: HostTensor)]
  ) {
    path = "(memory)"
    opset = Self.writtenVersions.operators
    (self.producer, self.producerVersion) = (producer, producerVersion)
    (self.metadata, self.inputs, self.outputs) = (metadata, inputs, outputs)
    (self.nodes, self.initialisers) = (nodes, initialisers)
  }

  /// Writes the model to `path`, completely or not at all; equal models give equal bytes.
  ///
  /// - Throws: `FormatError` for more than 2 GiB, or if the file cannot be written.
  public func write(to path: String) throws(FormatError) {
    let message = try message(for: path)
    try AtomicFile.write(to: path) { (writer: AtomicFile.Writer) throws(FormatError) in
      for piece in message.pieces { try writer.append(piece) }
    }
  }

  /// The model as the bytes of a file.
  ///
  /// - Throws: `FormatError` for more than 2 GiB.
  public func encoded() throws(FormatError) -> [UInt8] { try message(for: path).bytes }

  private func message(for path: String) throws(FormatError) -> ProtobufMessage {
    let weights = initialisers.reduce(0) { $0 + $1.tensor.bytes.count }
    try Self.check(weights, path)
    var graph = ProtobufMessage()
    for node in nodes { graph.add(1, try node.message(path)) }
    graph.add(2, "model")
    for (name, tensor) in initialisers { graph.add(5, tensor.onnxMessage(name)) }
    for input in inputs { graph.add(11, input.message) }
    for output in outputs { graph.add(12, output.message) }
    var model = ProtobufMessage()
    model.add(1, Self.writtenVersions.format)
    model.add(2, producer)
    model.add(3, producerVersion)
    model.add(7, graph)
    var operators = ProtobufMessage()
    operators.add(1, "")
    operators.add(2, opset)
    model.add(8, operators)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    try Self.check(model.byteCount, path)
    return model
  }

  private static func check(_ byteCount: Int, _ path: String) throws(FormatError) {
    guard byteCount <= byteLimit else {
      throw FormatError(
        path,
        .unsupported(
          what: "an ONNX file of \(byteCount) bytes",
          supported: "files of at most \(byteLimit) bytes; safetensors has no such limit"))
    }
  }
}

extension ONNXNode {
  /// An operation to be written, of ONNX's own.
  package init(
    name: String, operation: String, inputs: [String], outputs: [String],
    attributes: [String: ONNXAttribute]
  ) {
    (self.name, self.operation, self.attributes) = (name, operation, attributes)
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// This operation with names of values replaced where there is another.
  package func renaming(_ names: [String: String]) -> ONNXNode {
    var node = self
    node.inputs = inputs.map { names[$0] ?? $0 }
    node.outputs = outputs.map { names[$0] ?? $0 }
    return node
  }

  fileprivate func message(_ path: String) throws(FormatError) -> ProtobufMessage {
    var message = ProtobufMessage()
    for input in inputs { message.add(1, input) }
    for output in outputs { message.add(2, output) }
    message.add(3, name)
    message.add(4, operation)
    for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
      guard let attribute = value.message(key) else {
        throw FormatError(
          path, in: "node \(title), attribute '\(key)'",
          .unsupported(what: "a graph", supported: "numbers, texts and tensors"))
      }
      message.add(5, attribute)
    }
    return message
  }
}

extension ONNXAttribute {
  /// The attribute called `name`; nil for a kind that is not written.
  fileprivate func message(_ name: String) -> ProtobufMessage? {
    var message = ProtobufMessage()
    message.add(1, name)
    switch self {
    case .float(let value):
      message.add(2, value)
      message.add(20, 1)
    case .int(let value):
      message.add(3, value)
      message.add(20, 2)
    case .text(let value):
      message.add(4, value)
      message.add(20, 3)
    case .tensor(let tensor):
      message.add(5, tensor.onnxMessage(""))
      message.add(20, 4)
    case .floats(let values):
      for value in values { message.add(7, value) }
      message.add(20, 6)
    case .ints(let values):
      for value in values { message.add(8, value) }
      message.add(20, 7)
    case .other: return nil
    }
    return message
  }
}

extension ONNXValueInfo {
  /// An input or output to be written.
  package init(_ name: String, _ elementType: HostTensor.ElementType, _ extents: [Extent]) {
    (self.name, self.elementType, self.extents) = (name, elementType, extents)
  }

  fileprivate var message: ProtobufMessage {
    var shape = ProtobufMessage()
    for extent in extents ?? [] {
      var dimension = ProtobufMessage()
      switch extent {
      case .fixed(let count): dimension.add(1, count)
      case .free(let name): dimension.add(2, name)
      }
      shape.add(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, elementType?.onnxCode ?? 0)
    if extents != nil { tensor.add(2, shape) }
    var type = ProtobufMessage()
    type.add(1, tensor)
    var message = ProtobufMessage()
    message.add(1, name)
    message.add(2, type)
    return message
  }
}

extension HostTensor {
  fileprivate func onnxMessage(_ name: String) -> ProtobufMessage {
    var message = ProtobufMessage()
    for extent in shape { message.add(1, extent) }
    message.add(2, elementType.onnxCode)
    if !name.isEmpty { message.add(8, name) }
    message.add(9, bytes)
    return message
  }
}

extension HostTensor.ElementType {
  /// The type's number in ONNX's `TensorProto.DataType`.
  fileprivate var onnxCode: Int {
    (1...16).first { HostTensor.ElementType(onnx: $0) == self } ?? 0
  }
}
