import RetortFormats
import Testing

@Suite struct HostTensorTests {
  private func tensor(_ type: HostTensor.ElementType, _ words: [UInt16]) -> HostTensor {
    HostTensor(
      shape: [words.count], elementType: type,
      bytes: words.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }[...])
  }

  @Test func halfPrecision() {
    let words: [UInt16] = [
      0x0000, 0x8000, 0x3C00, 0xC000, 0x3555, 0x7BFF, 0x0400, 0x0001, 0x83FF, 0x7C00, 0xFC00,
    ]
    let expected: [Float] = [
      0, -0.0, 1, -2, 0.333251953125, 65504, 0x1p-14, 0x1p-24, -0x3FFp-24, .infinity, -.infinity,
    ]
    let values = tensor(.float16, words).floats
    #expect(values?.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(tensor(.float16, [0x7E01]).floats?.first?.isNaN == true)
  }

  @Test func brainFloats() {
    let values = tensor(.bfloat16, [0x3F80, 0xC040, 0x7F80, 0x0001, 0x8000]).floats
    let expected: [Float] = [1, -3, .infinity, 0x1p-133, -0.0]
    #expect(values?.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(tensor(.bfloat16, [0x7FC1]).floats?.first?.isNaN == true)
  }

  @Test func doublesAreRounded() {
    let bytes = withUnsafeBytes(of: 0.1) { Array($0) }
    let tensor = HostTensor(shape: [1], elementType: .float64, bytes: bytes[...])
    #expect(tensor.floats == [0.1])
  }

  @Test func integersOfEveryWidth() {
    #expect(tensor(.int16, [0xFFFF, 5]).int32s == [-1, 5])
    #expect(tensor(.uint16, [0xFFFF, 5]).int32s == [65535, 5])
    #expect(tensor(.uint16, [0xFFFF, 5]).uint8s == nil)
    #expect(HostTensor(shape: [2], uint8s: [3, 200]).int64s == [3, 200])
    #expect(HostTensor(shape: [1], int64s: [1 << 40]).int32s == nil)
    #expect(HostTensor(shape: [1], int64s: [-9]).int32s == [-9])
    #expect(HostTensor(shape: [1], floats: [1]).int32s == nil)
    #expect(HostTensor(shape: [1], int32s: [1]).floats == nil)
    let bytes = HostTensor(shape: [2], elementType: .int8, bytes: [0xFF, 1])
    #expect(bytes.int32s == [-1, 1])
    let wide = HostTensor(shape: [1], elementType: .uint64, bytes: .init(repeating: 0xFF, count: 8))
    #expect(wide.int64s == nil)
    let bools = HostTensor(shape: [2], elementType: .bool, bytes: [1, 0])
    #expect(bools.int32s == [1, 0])
  }

  @Test func countsAndWidths() {
    #expect(HostTensor(shape: [2, 3], floats: [0, 0, 0, 0, 0, 0]).count == 6)
    #expect(HostTensor(shape: [], floats: [0]).count == 1)
    #expect(
      HostTensor.ElementType.allCases.map(\.byteCount) == [8, 4, 2, 2, 8, 4, 2, 1, 8, 4, 2, 1, 1])
  }
}
