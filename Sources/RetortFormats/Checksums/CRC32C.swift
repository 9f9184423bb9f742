/// The CRC-32 of Castagnoli's polynomial, which guards the records of TensorBoard's files.
///
/// Source: [RFC 3720](https://www.rfc-editor.org/rfc/rfc3720), appendix B.4; the mask is that of
/// [TFRecord](https://www.tensorflow.org/tutorials/load_data/tfrecord).
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
    }
  }

  /// The checksum of `bytes`.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// The masked checksum of `bytes`, rotated and shifted so that it can itself be part of checked data.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
