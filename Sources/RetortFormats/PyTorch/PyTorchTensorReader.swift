import RetortCore

/// Tensors as dense bytes, of views of storages.
struct PyTorchTensorReader {
  private let machine: PickleMachine
  /// How many bytes may yet be copied; views that are dense share the bytes of their storage.
  private var room: Int
  private var path: String { machine.stream.path }

  /// The tensors that `machine` has found; those that are not dense take at most `room` bytes together.
  init(_ machine: PickleMachine, room: Int) { (self.machine, self.room) = (machine, room) }

  /// The tensors of a state dict, or of the state dict under one of `PyTorchFile.nestedKeys`.
  ///
  /// Numbers, texts and other values beside tensors are no weights, and are left out.
  ///
  /// - Parameter storage: The bytes of a storage by its key.
  /// - Throws: `FormatError` where there are no tensors, or one leaves its storage.
  mutating func tensors(
    of root: PickleValue, _ storage: (String) throws(FormatError) -> ArraySlice<UInt8>
  ) throws(FormatError) -> Safetensors {
    var content = Safetensors(tensors: [:], path: path)
    for (name, index) in try stateDict(root) {
      let tensor = machine.tensors[index]
      let home = machine.storages[tensor.storage]
      let bytes = try storage(home.key)
      guard bytes.count == home.byteCount else {
        throw FormatError(
          path, in: "storage '\(home.key)'",
          .lengthMismatch(expected: home.byteCount ?? .max, found: bytes.count))
      }
      content.tensors[name] = try dense(tensor, called: name, in: bytes)
    }
    return content
  }

  /// The names and tensors of a state dict.
  private func stateDict(_ root: PickleValue) throws(FormatError) -> [String: Int] {
    var value = root
    // Each turn goes one level deeper; nobody nests more of them.
    for _ in 0..<8 {
      guard case .dictionary(let index) = value else { break }
      let entries = machine.dictionaries[index]
      let nested = PyTorchFile.nestedKeys.lazy.compactMap { key in
        entries.last { machine.text($0.key) == key }?.value
      }.first { if case .dictionary = $0 { true } else { false } }
      if let nested {
        value = nested
        continue
      }
      var found: [String: Int] = [:]
      for case (let key, .tensor(let tensor)) in entries {
        if let name = machine.text(key) { found[name] = tensor }
      }
      guard found.isEmpty, !entries.isEmpty else { return found }
      break
    }
    throw FormatError(
      path,
      .wrongType(
        expected: "a dictionary of tensors, or one under "
          + PyTorchFile.nestedKeys.map { "'\($0)'" }.joined(separator: ", "),
        found: machine.kind(of: root)))
  }

  private mutating func dense(
    _ tensor: PyTorchTensor, called name: String, in storage: ArraySlice<UInt8>
  ) throws(FormatError) -> HostTensor {
    let width = tensor.elementType.byteCount
    func error(_ fault: FormatError.Fault) -> FormatError {
      FormatError(path, in: "tensor '\(name)'", fault)
    }
    guard
      let size = HostTensor.byteCount(shape: tensor.shape, elementType: tensor.elementType),
      tensor.offset >= 0, tensor.strides.allSatisfy({ $0 >= 0 })
    else { throw error(.sizeOverflow(shape: tensor.shape)) }
    guard size > 0 else {
      return HostTensor(shape: tensor.shape, elementType: tensor.elementType, bytes: [])
    }
    var last = tensor.offset
    for (extent, stride) in zip(tensor.shape, tensor.strides) {
      last = last.saturatingSum((extent - 1).saturatingProduct(stride))
    }
    guard last < storage.count / width else {
      throw error(
        .rangeOutside(
          begin: tensor.offset.saturatingProduct(width),
          end: last.saturatingSum(1).saturatingProduct(width), available: storage.count))
    }
    let start = storage.startIndex + tensor.offset * width
    guard !tensor.isDense else {
      return HostTensor(
        shape: tensor.shape, elementType: tensor.elementType, bytes: storage[start..<start + size])
    }
    guard size <= room else {
      throw error(.tooLarge(found: UInt64(size), limit: UInt64(room)))
    }
    room -= size
    return HostTensor(
      shape: tensor.shape, elementType: tensor.elementType,
      bytes: tensor.gathered(from: storage, size)[...])
  }
}

extension PyTorchTensor {
  /// Whether its elements follow each other in the storage, outermost first.
  fileprivate var isDense: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }

  /// The `size` bytes of its elements, outermost first; it lies within `storage`.
  fileprivate func gathered(from storage: ArraySlice<UInt8>, _ size: Int) -> [UInt8] {
    // An axis of one element is never stepped along, whatever its stride.
    let steps = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
    return storage.elements(
      shape, strides: steps, offset: offset, width: elementType.byteCount, size: size)
  }
}

extension PickleMachine {
  /// What `value` is, for messages; a dictionary with its first keys.
  fileprivate func kind(of value: PickleValue) -> String {
    switch value {
    case .dictionary(let index):
      let keys = dictionaries[index].prefix(8).map {
        text($0.key).map { String($0.prefix(60)) } ?? "a key that is no text"
      }
      return keys.isEmpty
        ? "an empty dictionary"
        : "a dictionary of " + keys.map { "'\($0)'" }.joined(separator: ", ")
    case .tensor: return "a tensor without a name"
    case .row: return "a list"
    default: return "a single value"
    }
  }
}
