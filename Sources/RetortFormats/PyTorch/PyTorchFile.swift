/// The tensors in a file of `torch.save`: `.pth`, `.pt` or `.bin`, in either of its formats.
///
/// Only tensors are read (`PickleMachine`). The newer format is a ZIP archive of a pickle `data.pkl` and the bytes of
/// each storage under `data/`; in the older one pickles are followed by the storages.
///
/// Source: PyTorch's `torch/serialization.py`.
package enum PyTorchFile {
  /// The keys under which training scripts keep a model's weights beside other things, in the order of preference.
  package static let nestedKeys = ["state_dict", "model_state_dict", "model"]

  /// Whether a file that begins with `bytes` is a ZIP archive or a pickle.
  package static func isPyTorch(_ bytes: [UInt8]) -> Bool {
    ZipArchive.isZip(bytes) || (bytes.count >= 2 && bytes[0] == 0x80 && (2...5).contains(bytes[1]))
  }

  /// The tensors of the file with the given bytes.
  ///
  /// - Throws: `FormatError` with the byte at fault, or the name of what is not read.
  package static func parse(
    _ bytes: [UInt8], path: String = "(memory)"
  ) throws(FormatError) -> Safetensors {
    ZipArchive.isZip(bytes) ? try archive(bytes, path) : try legacy(bytes, path)
  }

  private static func archive(_ bytes: [UInt8], _ path: String) throws(FormatError) -> Safetensors {
    let archive = try ZipArchive(bytes, path: path)
    guard let pickle = archive.entries.first(where: { FilePath.name(of: $0.name) == "data.pkl" })
    else {
      throw FormatError(
        path,
        .foreign(
          "a ZIP archive without data.pkl, which PyTorch's files have",
          wayOut: "Write weights by torch.save(model.state_dict(), FILE)."))
    }
    let folder = pickle.name.dropLast("data.pkl".count)
    let entries = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
    // Storages are stored, so that together they are no larger than the file; deflated ones may be.
    var room = bytes.count.saturatingProduct(4)
    func content(_ entry: ZipArchive.Entry) throws(FormatError) -> [UInt8] {
      let content = try archive.content(of: entry, limit: room)
      room -= content.count
      return content
    }
    if let order = entries[folder + "byteorder"],
      try content(order) == Array("big".utf8)
    {
      throw FormatError(
        path, in: order.name,
        .unsupported(what: "a file of a big-endian machine", supported: "little-endian numbers"))
    }
    var machine = PickleMachine(
      PickleStream(try content(pickle), path: path, part: pickle.name))
    let root = try machine.run()
    var storages: [String: [UInt8]] = [:]
    var reader = PyTorchTensorReader(machine, room: bytes.count.saturatingProduct(4))
    return try reader.tensors(of: root) { (key) throws(FormatError) in
      if let known = storages[key] { return known[...] }
      guard let entry = entries["\(folder)data/\(key)"] else {
        throw FormatError(path, .missingKey("\(folder)data/\(key)"))
      }
      let bytes = try content(entry)
      storages[key] = bytes
      return bytes[...]
    }
  }

  private static func legacy(_ bytes: [UInt8], _ path: String) throws(FormatError) -> Safetensors {
    var machine = PickleMachine(PickleStream(bytes, path: path))
    // 0x1950A86A20F9469CFC6C has more than 64 bits.
    guard try machine.run() == .opaque,
      bytes.dropFirst(2).prefix(24).contains([0x6C, 0xFC, 0x9C, 0x46])
    else {
      throw FormatError(
        path,
        .foreign(
          "a pickle of Python that PyTorch has not written",
          wayOut: "Write weights by torch.save(model.state_dict(), FILE)."))
    }
    guard try machine.run() == .int(1001) else {
      throw machine.refusal("another version of PyTorch's format")
    }
    if case .dictionary(let system) = try machine.run() {
      for (key, value) in machine.dictionaries[system]
      where machine.text(key) == "little_endian" && value == .bool(false) {
        throw machine.refusal("a file of a big-endian machine")
      }
    }
    let root = try machine.run()
    let list = try machine.run()
    let keys = machine.row(list) ?? []
    let sizes = Dictionary(machine.storages.map { ($0.key, $0) }) { first, _ in first }
    var storages: [String: ArraySlice<UInt8>] = [:]
    for key in keys {
      guard let key = machine.text(key), let storage = sizes[key], let size = storage.byteCount
      else {
        throw machine.stream.error(.corrupt("a storage that no tensor has"))
      }
      let count = try machine.stream.length(8)
      guard count == storage.count else {
        throw machine.stream.error(.lengthMismatch(expected: storage.count, found: count))
      }
      storages[key] = try machine.stream.take(size)
    }
    guard machine.stream.remaining == 0 else {
      throw FormatError(path, at: machine.stream.position, .trailingBytes(machine.stream.remaining))
    }
    var reader = PyTorchTensorReader(machine, room: bytes.count.saturatingProduct(4))
    return try reader.tensors(of: root) { (key) throws(FormatError) in
      guard let bytes = storages[key] else {
        throw FormatError(path, .missingKey("storage '\(key)'"))
      }
      return bytes
    }
  }
}
