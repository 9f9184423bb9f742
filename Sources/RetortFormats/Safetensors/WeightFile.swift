/// Files of named tensors, whatever program wrote them: safetensors files, and those of `torch.save`.
package enum WeightFile {
  /// The name of PyTorch's file in a folder of Hugging Face's `transformers`.
  package static let pyTorchName = "pytorch_model.bin"

  /// Reads the file at `path`, whose first bytes say of which kind it is.
  ///
  /// - Throws: `FormatError` naming the byte or the tensor at fault.
  package static func read(_ path: String) throws(FormatError) -> Safetensors {
    try parse(try FileBytes.read(path), path: path)
  }

  /// Reads the content of a file from memory.
  ///
  /// - Throws: `FormatError` naming the byte or the tensor at fault.
  package static func parse(
    _ bytes: [UInt8], path: String = "(memory)"
  ) throws(FormatError) -> Safetensors {
    // The length of a safetensors header may look like the beginning of another file.
    let isSafetensors = bytes.count > 8 && bytes[8] == UInt8(ascii: "{")
    guard !isSafetensors, PyTorchFile.isPyTorch(bytes) else {
      return try Safetensors.parse(bytes, path: path)
    }
    return try PyTorchFile.parse(bytes, path: path)
  }
}
