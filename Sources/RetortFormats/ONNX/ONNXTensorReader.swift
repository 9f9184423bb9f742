import Glibc
import RetortCore

/// Reads tensors of an ONNX file: their elements lie in one of several fields, or in a file beside it.
final class ONNXTensorReader {
  private let path: String
  /// The files beside the model that were read, by path.
  private(set) var files: [String: [UInt8]] = [:]

  init(_ path: String) { self.path = path }

  /// The tensor that a message is, with its name.
  ///
  /// - Parameter owner: Whose it is, in messages; nil for an initialiser.
  func read(
    _ bytes: ArraySlice<UInt8>, in owner: String? = nil
  ) throws(FormatError) -> (name: String, tensor: HostTensor) {
    var parts = Parts()
    var reader = ProtobufReader(bytes, path: path)
    while let (number, value) = try reader.next() { try parts.take(number, value, path) }
    let place = owner ?? "initialiser '\(parts.name)'"
    guard let elementType = HostTensor.ElementType(onnx: parts.type) else {
      throw FormatError(
        path, at: bytes.startIndex, in: place,
        .unsupported(
          what: "element type \(parts.type) of ONNX",
          supported: "floats of 16, 32 and 64 bits, bfloat16, whole numbers and bool"))
    }
    guard parts.shape.count <= 8, parts.shape.allSatisfy({ (0...Int(Int32.max)).contains($0) }),
      let byteCount = HostTensor.byteCount(shape: parts.shape, elementType: elementType)
    else { throw FormatError(path, in: place, .sizeOverflow(shape: parts.shape)) }
    let content =
      if parts.isExternal {
        try external(parts.external, byteCount, place)
      } else if let raw = parts.raw {
        raw
      } else {
        try parts.typed(as: elementType, path)
      }
    guard content.count == byteCount else {
      throw FormatError(
        path, at: bytes.startIndex, in: place,
        .lengthMismatch(expected: byteCount, found: content.count))
    }
    return (
      parts.name, HostTensor(shape: parts.shape, elementType: elementType, bytes: content)
    )
  }

  /// The bytes of a tensor in a file of the model's folder.
  private func external(
    _ entries: [String: String], _ byteCount: Int, _ place: String
  ) throws(FormatError) -> ArraySlice<UInt8> {
    guard let location = entries["location"], !location.isEmpty else {
      throw FormatError(path, in: place, .missingKey("location"))
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(".."), !location.hasPrefix("/"), !location.utf8.contains(0) else {
      throw FormatError(
        path, in: place,
        .unsupported(
          what: "data in '\(location)'", supported: "files in the model's own folder"))
    }
    guard FileBytes.isReadable(path) else {
      throw FormatError(
        path, in: place,
        .unsupported(what: "data beside a model in memory", supported: "models in files"))
    }
    let folder = FilePath.folder(of: path)
    let file = folder.isEmpty ? location : "\(folder)/\(location)"
    try checkInside(file, folder.isEmpty ? "." : folder, location, place)
    let offset = try number(entries, "offset", place) ?? 0
    let length = try number(entries, "length", place) ?? byteCount
    let size = FileBytes.size(file) ?? 0
    guard length == byteCount else {
      throw FormatError(path, in: place, .lengthMismatch(expected: byteCount, found: length))
    }
    guard FileBytes.isReadable(file) else {
      throw FormatError(file, in: place, .system(call: "open", code: ENOENT))
    }
    guard offset <= size, length <= size - offset else {
      throw FormatError(
        file, in: place,
        .rangeOutside(begin: offset, end: offset.saturatingSum(length), available: size))
    }
    let bytes = if let known = files[file] { known } else { try FileBytes.read(file) }
    files[file] = bytes
    guard offset <= bytes.count, length <= bytes.count - offset else {
      throw FormatError(file, in: place, .truncated(needed: length, available: bytes.count))
    }
    return bytes[offset..<offset + length]
  }

  /// Refuses a link that leads out of the folder.
  private func checkInside(
    _ file: String, _ folder: String, _ location: String, _ place: String
  ) throws(FormatError) {
    guard let real = realpath(file, nil) else { return }
    defer { free(real) }
    guard let home = realpath(folder, nil) else { return }
    defer { free(home) }
    let inside = String(cString: home)
    guard String(cString: real).hasPrefix(inside == "/" ? inside : inside + "/") else {
      throw FormatError(
        path, in: place,
        .unsupported(
          what: "a link out of the model's folder, '\(location)'",
          supported: "files in the model's own folder"))
    }
  }

  private func number(
    _ entries: [String: String], _ key: String, _ place: String
  ) throws(FormatError) -> Int? {
    guard let text = entries[key] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw FormatError(
        path, in: "\(place), \(key)", .wrongType(expected: "a whole number", found: "'\(text)'"))
    }
    return number
  }
}

extension ONNXTensorReader {
  /// The fields of a tensor's message.
  fileprivate struct Parts {
    var name = ""
    var type = 0
    var shape: [Int] = []
    var raw: ArraySlice<UInt8>?
    var external: [String: String] = [:]
    var isExternal = false
    /// Elements in fields of their type: little-endian numbers of 4 or 8 bytes.
    var fixed: ArraySlice<UInt8> = []
    /// Elements in fields of their type: packed varints, and single ones.
    var packed: [ArraySlice<UInt8>] = []
    var integers: [UInt64] = []

    mutating func take(
      _ number: Int, _ value: ProtobufReader.Value, _ path: String
    ) throws(FormatError) {
      switch (number, value) {
      case (1, .varint(let extent)): shape.append(Int(Int64(bitPattern: extent)))
      case (1, .bytes(let bytes)):
        var reader = ProtobufReader(bytes, path: path)
        while reader.offset < bytes.endIndex, shape.count <= 8 {
          shape.append(Int(Int64(bitPattern: try reader.varint())))
        }
      case (2, .varint(let code)): type = Int(clamping: code)
      case (4, .bytes(let bytes)), (10, .bytes(let bytes)):
        if fixed.isEmpty { fixed = bytes } else { fixed += bytes }
      case (4, .fixed32(let bits)): fixed += littleEndian(bits)
      case (10, .fixed64(let bits)): fixed += littleEndian(bits)
      case (5, .varint(let value)), (7, .varint(let value)), (11, .varint(let value)):
        integers.append(value)
      case (5, .bytes(let bytes)), (7, .bytes(let bytes)), (11, .bytes(let bytes)):
        packed.append(bytes)
      case (8, _): name = value.text ?? ""
      case (9, .bytes(let bytes)): raw = bytes
      case (13, .bytes(let bytes)):
        var (key, text) = ("", "")
        var reader = ProtobufReader(bytes, path: path)
        while let (number, value) = try reader.next() {
          if number == 1 { key = value.text ?? "" }
          if number == 2 { text = value.text ?? "" }
        }
        external[key] = text
      case (14, .varint(let place)): isExternal = place == 1
      default: break
      }
    }

    /// The elements of the fields other than the raw one, as the bytes that a raw field would have.
    func typed(
      as type: HostTensor.ElementType, _ path: String
    ) throws(FormatError) -> ArraySlice<UInt8> {
      if integers.isEmpty, packed.isEmpty { return fixed }
      var bytes: [UInt8] = []
      let count = packed.reduce(integers.count) { $0 + $1.count { $0 < 0x80 } }
      bytes.reserveCapacity(count * type.byteCount)
      func add(_ value: UInt64) {
        for byte in 0..<type.byteCount {
          bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)))
        }
      }
      for slice in packed {
        var reader = ProtobufReader(slice, path: path)
        while reader.offset < slice.endIndex { add(try reader.varint()) }
      }
      integers.forEach(add)
      return bytes[...]
    }
  }
}

extension HostTensor.ElementType {
  /// The type with a number of ONNX's `TensorProto.DataType`; nil for others.
  package init?(onnx code: Int) {
    switch code {
    case 1: self = .float32
    case 2: self = .uint8
    case 3: self = .int8
    case 4: self = .uint16
    case 5: self = .int16
    case 6: self = .int32
    case 7: self = .int64
    case 9: self = .bool
    case 10: self = .float16
    case 11: self = .float64
    case 12: self = .uint32
    case 13: self = .uint64
    case 16: self = .bfloat16
    default: return nil
    }
  }
}
