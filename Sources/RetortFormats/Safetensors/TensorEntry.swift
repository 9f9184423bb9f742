/// One validated entry of a safetensors header; `begin` and `end` count from the start of the data.
struct TensorEntry {
  let name: String
  let elementType: HostTensor.ElementType
  let shape: [Int]
  let begin: Int
  let end: Int

  init(name: String, json: JSONValue, path: String, dataCount: Int) throws(FormatError) {
    let reader = EntryReader(name: name, json: json, path: path)
    self.name = name
    elementType = try reader.elementType()
    shape = try reader.shape()
    (begin, end) = try reader.range(dataCount: dataCount)
    guard let expected = HostTensor.byteCount(shape: shape, elementType: elementType) else {
      throw reader.error("shape", .sizeOverflow(shape: shape))
    }
    guard expected == end - begin else {
      throw reader.error("data_offsets", .lengthMismatch(expected: expected, found: end - begin))
    }
  }
}

private struct EntryReader {
  let name: String
  let json: JSONValue
  let path: String

  func error(_ key: String?, _ fault: FormatError.Fault) -> FormatError {
    FormatError(path, in: "tensor '\(name)'" + (key.map { ", \($0)" } ?? ""), fault)
  }

  private func value(_ key: String) throws(FormatError) -> JSONValue {
    guard json.members != nil else {
      throw error(nil, .wrongType(expected: "an object", found: json.kind))
    }
    guard let value = json[key] else { throw error(nil, .missingKey(key)) }
    return value
  }

  private func array(_ key: String) throws(FormatError) -> [JSONValue] {
    let value = try value(key)
    guard let array = value.array else {
      throw error(key, .wrongType(expected: "an array", found: value.kind))
    }
    return array
  }

  func elementType() throws(FormatError) -> HostTensor.ElementType {
    let value = try value("dtype")
    guard let text = value.string else {
      throw error("dtype", .wrongType(expected: "a string", found: value.kind))
    }
    guard let type = HostTensor.ElementType(rawValue: text) else {
      let all = HostTensor.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw error("dtype", .unsupported(what: "'\(text)'", supported: all))
    }
    return type
  }

  func shape() throws(FormatError) -> [Int] {
    var shape: [Int] = []
    for element in try array("shape") { shape.append(try whole(element, in: "shape")) }
    return shape
  }

  func range(dataCount: Int) throws(FormatError) -> (Int, Int) {
    let offsets = try array("data_offsets")
    guard offsets.count == 2 else {
      throw error(
        "data_offsets",
        .wrongType(expected: "two numbers", found: "an array of \(offsets.count)"))
    }
    let begin = try whole(offsets[0], in: "data_offsets")
    let end = try whole(offsets[1], in: "data_offsets")
    guard begin <= end else {
      throw error("data_offsets", .reversedRange(begin: begin, end: end))
    }
    guard end <= dataCount else {
      throw error("data_offsets", .rangeOutside(begin: begin, end: end, available: dataCount))
    }
    return (begin, end)
  }

  private func whole(_ value: JSONValue, in key: String) throws(FormatError) -> Int {
    guard case .number(let text) = value else {
      throw error(key, .wrongType(expected: "a whole number", found: value.kind))
    }
    guard !text.hasPrefix("-") else { throw error(key, .negativeDimension(text)) }
    guard let number = Int(text) else {
      throw error(key, .wrongType(expected: "a whole number below 2^63", found: value.kind))
    }
    return number
  }
}
