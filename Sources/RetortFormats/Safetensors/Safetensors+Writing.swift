extension Safetensors {
  /// Writes the content to `path`, completely or not at all.
  ///
  /// Equal content gives equal bytes. Tensors are sorted by descending element width, then by name, so that
  /// each is aligned; the header is padded with spaces to a multiple of eight bytes.
  ///
  /// - Throws: `FormatError.Fault.system` if the file cannot be written.
  public func write(to path: String) throws(FormatError) {
    let order = storageOrder
    let header = encodedHeader(order)
    try AtomicFile.write(to: path) { (writer: AtomicFile.Writer) throws(FormatError) in
      try writer.append(header[...])
      for (_, tensor) in order { try writer.append(tensor.bytes) }
    }
  }

  /// The content as the bytes of a file.
  public func encoded() -> [UInt8] {
    let order = storageOrder
    return order.reduce(into: encodedHeader(order)) { $0 += $1.value.bytes }
  }

  private typealias Entry = (key: String, value: HostTensor)

  private var storageOrder: [Entry] {
    tensors.map { ($0.key, $0.value) }.sorted { (a: Entry, b: Entry) in
      (-a.value.elementType.byteCount, a.key) < (-b.value.elementType.byteCount, b.key)
    }
  }

  private func encodedHeader(_ order: [Entry]) -> [UInt8] {
    precondition(tensors["__metadata__"] == nil, "no tensor may be called '__metadata__'")
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let notes = metadata.sorted { $0.key < $1.key }
      members.append(
        .init("__metadata__", .object(notes.map { .init($0.key, .string($0.value)) })))
    }
    var offset = 0
    for (name, tensor) in order {
      let end = offset + tensor.bytes.count
      members.append(
        .init(
          name,
          .object([
            .init("dtype", .string(tensor.elementType.rawValue)),
            .init("shape", .array(tensor.shape.map { .number("\($0)") })),
            .init("data_offsets", .array([.number("\(offset)"), .number("\(end)")])),
          ])))
      offset = end
    }
    var text = Array(JSONValue.object(members).text.utf8)
    text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
    let length = UInt64(text.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + text
  }
}
