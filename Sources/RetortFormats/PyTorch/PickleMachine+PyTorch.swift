extension PickleMachine {
  /// A refusal of `what`, at the last byte read.
  func refusal(_ what: String) -> FormatError {
    stream.error(
      .unsupported(
        what: what,
        supported: "dictionaries of tensors, as torch.save(model.state_dict(), FILE) writes them; "
          + "objects are never made, nor functions called"))
  }

  /// The object of Python that a pickle names.
  func global(_ module: String, _ name: String) throws(FormatError) -> PyTorchGlobal {
    guard let found = PyTorchGlobal(module, name) else {
      throw refusal("'\(module.prefix(100)).\(name.prefix(100))'")
    }
    return found
  }

  /// The storage that a persistent identifier names: `("storage", class, key, device, count)`, and in old files
  /// a view, which is not read.
  mutating func storage(_ identifier: PickleValue) throws(FormatError) -> PickleValue {
    guard let parts = row(identifier), parts.count >= 5, text(parts[0]) == "storage",
      let key = text(parts[2]), case .int(let count) = parts[4], count >= 0
    else { throw refusal("a reference to something else than a storage") }
    guard parts.dropFirst(5).allSatisfy({ $0 == .none }) else {
      throw refusal("a view of a storage")
    }
    switch parts[1] {
    case .global(.storage(let type)):
      storages.append(PyTorchStorage(key: key, elementType: type, count: count))
    case .global(.untypedStorage):
      storages.append(PyTorchStorage(key: key, elementType: nil, count: count))
    default: throw refusal("a storage of another class")
    }
    return .storage(storages.count - 1)
  }

  /// What one of the few functions that pickles of tensors name would give.
  mutating func reduce(_ function: PickleValue, _ arguments: PickleValue) throws(FormatError) {
    guard case .global(let function) = function, let arguments = row(arguments) else {
      throw refusal("a call of something else than a function")
    }
    switch function {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw refusal("an ordered dictionary of arguments") }
      try pushDictionary()
    case .size:
      guard arguments.count == 1, let sizes = row(arguments[0]) else {
        throw refusal("'torch.Size' of something else than numbers")
      }
      try pushRow(sizes)
    case .device: try push(.opaque)
    case .parameter:
      guard let value = arguments.first, case .tensor = value else {
        throw refusal("a parameter of something else than a tensor")
      }
      try push(value)
    case .tensor: try pushTensor(arguments, type: nil)
    case .typedTensor:
      guard arguments.count >= 7, case .global(.elementType(let type)) = arguments[6] else {
        throw refusal("a tensor without a type")
      }
      guard let type else { throw refusal("a tensor of float8 or of complex numbers") }
      try pushTensor(arguments, type: type)
    case .storage, .untypedStorage, .elementType: throw refusal("a call of a class")
    }
  }

  /// A tensor of `(storage, offset, shape, strides, …)`.
  private mutating func pushTensor(
    _ arguments: [PickleValue], type: HostTensor.ElementType?
  ) throws(FormatError) {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .int(let offset) = arguments[1], let shape = numbers(arguments[2]),
      let strides = numbers(arguments[3]), shape.count == strides.count, shape.count <= 64
    else { throw stream.error(.corrupt("a tensor without storage, shape or strides")) }
    guard let type = type ?? storages[storage].elementType else {
      throw refusal("a tensor without a type")
    }
    try count(2 * shape.count)
    tensors.append(
      PyTorchTensor(
        storage: storage, elementType: type, offset: offset, shape: shape, strides: strides))
    try push(.tensor(tensors.count - 1))
  }

  /// The whole numbers of a list or tuple; nil for anything else.
  private func numbers(_ value: PickleValue) -> [Int]? {
    guard let elements = row(value) else { return nil }
    let numbers = elements.compactMap { if case .int(let number) = $0 { number } else { nil } }
    return numbers.count == elements.count ? numbers : nil
  }
}
