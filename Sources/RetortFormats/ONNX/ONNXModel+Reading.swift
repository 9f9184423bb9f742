extension ONNXModel {
  /// The most nodes, initialisers, inputs and outputs together that a file may have.
  static let partLimit = 200_000

  /// Reads the model at `path` with the data that it keeps in files beside it.
  ///
  /// - Throws: `FormatError` naming the byte, the node or the tensor at fault.
  public static func read(_ path: String) throws(FormatError) -> ONNXModel {
    try parse(try FileBytes.read(path), path: path)
  }

  /// Reads the content of a file from memory; tensors share its bytes.
  ///
  /// - Throws: `FormatError` naming the byte, the node or the tensor at fault.
  public static func parse(
    _ bytes: [UInt8], path: String = "(memory)"
  ) throws(FormatError) -> ONNXModel {
    guard !bytes.isEmpty else { throw FormatError(path, .empty) }
    // A model begins with its version, field 1.
    if bytes[0] != 0x08 { try ForeignFile.refuse(bytes, path: path) }
    var model = ONNXModel(path: path)
    var graph: ArraySlice<UInt8>?
    var reader = ProtobufReader(bytes[...], path: path)
    while let (number, value) = try reader.next() {
      switch number {
      case 2: model.producer = value.text ?? ""
      case 3: model.producerVersion = value.text ?? ""
      case 7: graph = value.bytes
      case 8:
        let (domain, version) = try pair(value, 1, 2, path)
        if domain.text ?? "" == "" || domain.text == "ai.onnx" { model.opset = version.int ?? 1 }
      case 14:
        let (key, text) = try pair(value, 1, 2, path)
        if let key = key.text { model.metadata[key] = text.text ?? "" }
      default: break
      }
    }
    guard let graph else {
      throw FormatError(path, .wrongMagic(expected: "an ONNX graph", found: "none"))
    }
    try model.readGraph(graph)
    return model
  }

  private mutating func readGraph(_ bytes: ArraySlice<UInt8>) throws(FormatError) {
    var reader = ProtobufReader(bytes, path: path)
    var count = 0
    let tensors = ONNXTensorReader(path)
    while let (number, value) = try reader.next() {
      guard let bytes = value.bytes else { continue }
      if [1, 5, 11, 12].contains(number) { count += 1 }
      guard count <= Self.partLimit else {
        throw FormatError(
          path, at: reader.offset, in: "graph",
          .tooLarge(found: UInt64(count), limit: UInt64(Self.partLimit)))
      }
      switch number {
      case 1: nodes.append(try ONNXNode(bytes, path))
      case 5: initialisers.append(try tensors.read(bytes))
      case 11: inputs.append(try ONNXValueInfo(bytes, path))
      case 12: outputs.append(try ONNXValueInfo(bytes, path))
      case 15:
        throw FormatError(
          path, at: bytes.startIndex, in: "graph",
          .unsupported(what: "a sparse tensor", supported: "dense ones"))
      default: break
      }
    }
    dataFiles = tensors.files.keys.sorted()
    var known: Set<String> = []
    for (name, _) in initialisers {
      guard !name.isEmpty, known.insert(name).inserted else {
        throw FormatError(path, in: "initialiser '\(name)'", .duplicateKey("name"))
      }
    }
    inputs.removeAll { known.contains($0.name) }
    guard !outputs.isEmpty else { throw FormatError(path, in: "graph", .missingKey("output")) }
  }

  /// The values of two fields of a small message; an empty text for one that is absent.
  private static func pair(
    _ value: ProtobufReader.Value, _ first: Int, _ second: Int, _ path: String
  ) throws(FormatError) -> (ProtobufReader.Value, ProtobufReader.Value) {
    var found: (ProtobufReader.Value, ProtobufReader.Value) = (.bytes([]), .bytes([]))
    var reader = ProtobufReader(value.bytes ?? [], path: path)
    while let (number, value) = try reader.next() {
      if number == first { found.0 = value }
      if number == second { found.1 = value }
    }
    return found
  }
}

extension ONNXValueInfo {
  init(_ bytes: ArraySlice<UInt8>, _ path: String) throws(FormatError) {
    var (name, type) = ("", ArraySlice<UInt8>())
    var reader = ProtobufReader(bytes, path: path)
    while let (number, value) = try reader.next() {
      if number == 1 { name = value.text ?? "" }
      if number == 2 { type = value.bytes ?? [] }
    }
    var elementType: HostTensor.ElementType?
    var extents: [Extent]?
    var types = ProtobufReader(type, path: path)
    while let (number, value) = try types.next() {
      guard number == 1, let tensor = value.bytes else { continue }
      var fields = ProtobufReader(tensor, path: path)
      while let (number, value) = try fields.next() {
        if number == 1 { elementType = HostTensor.ElementType(onnx: value.int ?? 0) }
        if number == 2 { extents = try Self.extents(value.bytes ?? [], name, path) }
      }
    }
    (self.name, self.elementType, self.extents) = (name, elementType, extents)
  }

  private static func extents(
    _ bytes: ArraySlice<UInt8>, _ name: String, _ path: String
  ) throws(FormatError) -> [Extent] {
    var extents: [Extent] = []
    var reader = ProtobufReader(bytes, path: path)
    while let (number, value) = try reader.next() {
      guard number == 1 else { continue }
      var extent = Extent.free("")
      var fields = ProtobufReader(value.bytes ?? [], path: path)
      while let (number, value) = try fields.next() {
        if number == 1, let count = value.int {
          guard (0...Int(Int32.max)).contains(count) else {
            throw FormatError(path, in: "value '\(name)'", .negativeDimension("\(count)"))
          }
          extent = .fixed(count)
        }
        if number == 2 { extent = .free(value.text ?? "") }
      }
      extents.append(extent)
    }
    return extents
  }
}
