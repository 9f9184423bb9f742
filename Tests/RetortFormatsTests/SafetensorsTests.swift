import Glibc
import RetortFormats
import Testing

@Suite struct SafetensorsTests {
  static let sample = Safetensors(
    tensors: [
      "fc.weight": HostTensor(shape: [2, 3], floats: [1, -2, 0.5, .infinity, -0.0, 1e-40]),
      "labels": HostTensor(shape: [3], int32s: [7, -1, .max]),
      "ids": HostTensor(shape: [1, 1], int64s: [.min]),
      "mask": HostTensor(shape: [3], uint8s: [0, 255, 1]),
      "scalar": HostTensor(shape: [], floats: [4]),
      "empty": HostTensor(shape: [0, 5], floats: []),
    ], metadata: ["kind": "test", "a \"note\"": "é\n"])

  /// A file of a header and `data` bytes.
  static func file(_ header: String, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    return length + text + [UInt8](repeating: 1, count: data)
  }

  private func parse(_ bytes: [UInt8]) throws(FormatError) -> Safetensors {
    try Safetensors.parse(bytes, path: "damaged")
  }

  @Test func contentComesBack() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/model.safetensors"
    try Self.sample.write(to: path)
    let back = try Safetensors.read(path)
    #expect(back.path == path)
    #expect(back.names == ["empty", "fc.weight", "ids", "labels", "mask", "scalar"])
    #expect(back.metadata == Self.sample.metadata)
    #expect(back.tensors == Self.sample.tensors)
    #expect(
      try back.floats("fc.weight").map(\.bitPattern)
        == [Float(1), -2, 0.5, .infinity, -0.0, 1e-40].map(\.bitPattern))
    #expect(try back.int32s("labels") == [7, -1, .max])
    #expect(back.tensors["ids"]?.int64s == [.min])
    #expect(back.tensors["mask"]?.uint8s == [0, 255, 1])
    #expect(folder.entries == ["model.safetensors"])
    #expect(try FileBytes.read(path) == Self.sample.encoded())
  }

  @Test func bytesAreThoseOfTheFormat() {
    let content = Safetensors(
      tensors: [
        "b": HostTensor(shape: [1], floats: [1]), "a": HostTensor(shape: [2], uint8s: [5, 6]),
      ], metadata: ["k": "v"])
    let header =
      #"{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
      + #""a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let expected = Self.file(padded, data: 0) + [0, 0, 0x80, 0x3F, 5, 6]
    #expect(content.encoded() == expected)
    #expect(expected[0] % 8 == 0)
  }

  @Test func nothingAtAllIsAFileToo() throws {
    let empty = Safetensors(tensors: [:])
    #expect(try parse(empty.encoded()).tensors.isEmpty)
  }

  @Test func everyTruncationIsRefused() {
    expectEveryTruncationThrows(Self.sample.encoded()) { (bytes) throws(FormatError) in
      try parse(bytes)
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func damageIsSurvived(seed: UInt64) {
    let bytes = Self.sample.encoded()
    let refused = feedDamaged(bytes, seed: seed, rounds: 2000) { (bytes) throws(FormatError) in
      let content = try parse(bytes)
      for tensor in content.tensors.values {
        _ = (tensor.floats, tensor.int32s, tensor.int64s, tensor.uint8s)
      }
      return content
    }
    #expect(refused > 1000 && refused < 2000)
  }

  @Test(arguments: [
    (#"["a"]"#, 0, #"damaged: byte 8: header: begins with byte 91, not with '{'."#),
    (#"{"a":1}"#, 0, "damaged: tensor 'a': must be an object, is the number 1."),
    (#"{"a":{}}"#, 0, "damaged: tensor 'a': 'dtype' is missing."),
    (
      #"{"a":{"dtype":"Q4","shape":[],"data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a', dtype: 'Q4' is not supported."
    ),
    (
      #"{"a":{"dtype":3,"shape":[],"data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a', dtype: must be a string, is the number 3."
    ),
    (
      #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a': 'shape' is missing."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a', shape: dimension -1 is negative."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a', shape: must be a whole number below 2^63, is the number 1.5."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a', shape: shape [4611686018427387904, 4] has more bytes than can be "
        + "counted."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
      "damaged: tensor 'a', data_offsets: 8 bytes follow from the shape, 4 are given."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4,
      "damaged: tensor 'a', data_offsets: range 4 to 0 ends before it begins."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 4,
      "damaged: tensor 'a', data_offsets: range 4 to 8 leaves the 4 bytes of data."
    ),
    (
      #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}"#, 4,
      "damaged: tensor 'a', data_offsets: range 0 to 5 leaves the 4 bytes of data."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4,
      "damaged: tensor 'a', data_offsets: must be two numbers, is an array of 1."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}"#, 4,
      "damaged: tensor 'a', data_offsets: must be a whole number below 2^63, is the number "
        + "99999999999999999999."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}"#, 5,
      "damaged: byte 117: tensor 'b', data_offsets: shares bytes with tensor 'a'."
    ),
    (
      #"{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3,
      "damaged: byte 61: tensor 'b', data_offsets: 1 bytes before it belong to no tensor."
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 6,
      "damaged: byte 66: data: 2 bytes follow the end of the content."
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 1,
      "damaged: byte 61: 'a' stands twice."
    ),
    (#"{"__metadata__":[]}"#, 0, "damaged: __metadata__: must be an object, is an array."),
    (
      #"{"__metadata__":{"a":1}}"#, 0,
      "damaged: __metadata__, 'a': must be a string, is the number 1."
    ),
    (#"{"a":}"#, 0, "damaged: byte 13: not JSON: a value should stand here."),
    ("", 3, "damaged: byte 8: header: begins with nothing, not with '{'."),
  ])
  func everyFaultHasItsMessage(header: String, data: Int, message: String) {
    let error = #expect(throws: FormatError.self) { try parse(Self.file(header, data: data)) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(message))
    #expect(text.count > message.count + 10, "the way out is missing: \(text)")
  }

  @Test func aHeaderOverTheLimitIsNotRead() {
    let error = #expect(throws: FormatError.self) {
      try parse([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7B])
    }
    #expect(error?.fault == .tooLarge(found: .max, limit: 100_000_000))
    let long = #expect(throws: FormatError.self) { try parse([100, 0, 0, 0, 0, 0, 0, 0, 0x7B]) }
    #expect(long?.fault == .truncated(needed: 100, available: 1))
  }

  @Test func aMissingFileSaysSo() {
    let error = #expect(throws: FormatError.self) { try Safetensors.read("/nonexistent/a") }
    #expect(
      error?.description
        == "/nonexistent/a: open failed: No such file or directory. Check the path.")
    let folder = #expect(throws: FormatError.self) { try Safetensors.read("/tmp") }
    #expect(folder?.fault == .notARegularFile)
    let device = #expect(throws: FormatError.self) { try Safetensors.read("/dev/zero") }
    #expect(device?.fault == .notARegularFile)
  }

  @Test func lookingUpTheWrongName() {
    let error = #expect(throws: FormatError.self) { try Self.sample.tensor("fc.weigth") }
    #expect(error?.description.contains("the nearest is 'fc.weight'") == true)
    let integers = #expect(throws: FormatError.self) { try Self.sample.floats("labels") }
    #expect(integers?.fault == .notConvertible(from: "I32", to: "float32"))
    #expect(throws: FormatError.self) { try Self.sample.int32s("ids") }  // does not fit
  }

  @Test func unalignedTensorsAreRead() throws {
    let header =
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#
    var bytes = Self.file(header, data: 5)
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0x20, 0x41])
    #expect(try parse(bytes).floats("b") == [10])
  }

  @Test func tensorsOfEveryTypeAreNumbers() throws {
    let content = Safetensors(
      tensors: [
        "half": HostTensor(shape: [2], elementType: .float16, bytes: [0, 0x3C, 0, 0xC0]),
        "counts": HostTensor(shape: [3], int64s: [-3, 0, 1 << 24]),
        "mask": HostTensor(shape: [2], elementType: .bool, bytes: [1, 0]),
        "large": HostTensor(shape: [2], int64s: [0, 1 << 24 + 1]),
        "beyond": HostTensor(
          shape: [1], elementType: .uint64, bytes: Array(repeating: 0xFF, count: 8)[...]),
      ], path: "a.safetensors")
    #expect(try content.numbers("half") == [1, -2])
    #expect(try content.numbers("counts") == [-3, 0, 16_777_216])
    #expect(try content.numbers("mask") == [1, 0])
    for (name, type) in [("large", "I64"), ("beyond", "U64")] {
      let error = #expect(throws: FormatError.self) { try content.numbers(name) }
      #expect(
        error?.description
          == "a.safetensors: tensor '\(name)': \(type) elements cannot be read as float32. Write "
          + "the tensor again in a fitting type.")
    }
  }
}
