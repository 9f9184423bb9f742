extension ONNXNode {
  init(_ bytes: ArraySlice<UInt8>, _ path: String) throws(FormatError) {
    var reader = ProtobufReader(bytes, path: path)
    var found: [ArraySlice<UInt8>] = []
    while let (number, value) = try reader.next() {
      switch number {
      case 1: inputs.append(value.text ?? "")
      case 2: outputs.append(value.text ?? "")
      case 3: name = value.text ?? ""
      case 4: operation = value.text ?? ""
      case 5: found.append(value.bytes ?? [])
      case 7: domain = value.text ?? ""
      default: break
      }
    }
    guard !operation.isEmpty else {
      throw FormatError(path, at: bytes.startIndex, in: "node '\(name)'", .missingKey("op_type"))
    }
    guard !outputs.isEmpty else {
      throw FormatError(path, at: bytes.startIndex, in: "node \(title)", .missingKey("output"))
    }
    if domain == "ai.onnx" { domain = "" }
    for attribute in found {
      let (key, value) = try ONNXAttribute.read(attribute, of: title, path)
      attributes[key] = value
    }
  }
}

extension ONNXAttribute {
  /// The name and the value of an attribute.
  static func read(
    _ bytes: ArraySlice<UInt8>, of node: String, _ path: String
  ) throws(FormatError) -> (name: String, value: ONNXAttribute) {
    var name = ""
    var kind: Int?
    var single: ONNXAttribute?
    var (ints, floats): ([Int], [Float]) = ([], [])
    var reader = ProtobufReader(bytes, path: path)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: name = value.text ?? ""
      case 2: single = value.float.map { .float($0) } ?? single
      case 3: single = value.int.map { .int($0) } ?? single
      case 4: single = value.text.map { .text($0) } ?? single
      case 5:
        guard let tensor = value.bytes else { continue }
        single = .tensor(try ONNXTensorReader(path).read(tensor, in: "node \(node)").tensor)
      case 7: try add(value, to: &floats, path)
      case 8: try add(value, to: &ints, path)
      case 20: kind = value.int
      default: break
      }
    }
    let value: ONNXAttribute? =
      switch kind {
      case 6: .floats(floats)
      case 7: .ints(ints)
      case nil where !ints.isEmpty: .ints(ints)
      case nil where !floats.isEmpty: .floats(floats)
      case 1: single ?? .float(0)
      case 2: single ?? .int(0)
      case 3: single ?? .text("")
      default: single
      }
    return (name, value ?? .other)
  }

  /// Adds one number, or packed ones.
  private static func add(
    _ value: ProtobufReader.Value, to ints: inout [Int], _ path: String
  ) throws(FormatError) {
    if let int = value.int { ints.append(int) }
    guard let bytes = value.bytes else { return }
    ints.reserveCapacity(ints.count + bytes.count { $0 < 0x80 })
    var reader = ProtobufReader(bytes, path: path)
    while reader.offset < bytes.endIndex {
      ints.append(Int(Int64(bitPattern: try reader.varint())))
    }
  }

  /// Adds one number, or packed ones.
  private static func add(
    _ value: ProtobufReader.Value, to floats: inout [Float], _ path: String
  ) throws(FormatError) {
    if let float = value.float { floats.append(float) }
    guard let bytes = value.bytes else { return }
    guard bytes.count % 4 == 0 else {
      throw FormatError(
        path, at: bytes.startIndex,
        .lengthMismatch(expected: bytes.count / 4 * 4, found: bytes.count))
    }
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
      floats.append(
        Float(bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }))
    }
  }
}
