/// A value of a pickle; what holds others is kept by the machine, at an index.
///
/// Values are flat, so that neither depth nor cycles of a hostile file matter.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case int(Int)
  case real(Double)
  /// A text of `PickleMachine.texts`.
  case text(Int)
  /// A row of `PickleMachine.rows`: a list or a tuple.
  case row(Int)
  /// A dictionary of `PickleMachine.dictionaries`.
  case dictionary(Int)
  /// An object of Python by its name.
  case global(PyTorchGlobal)
  /// A storage of `PickleMachine.storages`.
  case storage(Int)
  /// A tensor of `PickleMachine.tensors`.
  case tensor(Int)
  /// A value that tensors do not depend on, such as a whole number of more than 64 bits.
  case opaque
  /// Where a run of values begins.
  case mark
}

/// What pickles of tensors may name; nothing else of Python is known to the reader, and nothing is ever called.
enum PyTorchGlobal: Hashable {
  /// `collections.OrderedDict`.
  case orderedDictionary
  /// `torch._utils._rebuild_tensor`, and `_v2`, which has further arguments.
  case tensor
  /// `torch._utils._rebuild_tensor_v3`, whose storage has no type.
  case typedTensor
  /// `torch._utils._rebuild_parameter`.
  case parameter
  /// `torch.Size`.
  case size
  /// `torch.device`.
  case device
  /// A class of storages, by the type of their elements.
  case storage(HostTensor.ElementType)
  /// A storage of bytes.
  case untypedStorage
  /// A type of elements, such as `torch.float32`; nil for one that `HostTensor` lacks.
  case elementType(HostTensor.ElementType?)

  /// The object `name` of the module `module`; nil for all others.
  init?(_ module: String, _ name: String) {
    guard let found = Self.known["\(module).\(name)"] else { return nil }
    self = found
  }

  private static let known: [String: PyTorchGlobal] = {
    var known: [String: PyTorchGlobal] = [
      "collections.OrderedDict": .orderedDictionary,
      "torch._utils._rebuild_tensor": .tensor,
      "torch._utils._rebuild_tensor_v2": .tensor,
      "torch._utils._rebuild_tensor_v3": .typedTensor,
      "torch._utils._rebuild_parameter": .parameter,
      "torch.Size": .size,
      "torch.device": .device,
      "torch.UntypedStorage": .untypedStorage,
      "torch.storage.UntypedStorage": .untypedStorage,
    ]
    for (storage, types, element) in types {
      if let storage { known["torch.\(storage)Storage"] = element.map { .storage($0) } }
      for type in types { known["torch.\(type)"] = .elementType(element) }
    }
    return known
  }()

  private static let types: [(storage: String?, types: [String], HostTensor.ElementType?)] = [
    ("Double", ["float64", "double"], .float64), ("Float", ["float32", "float"], .float32),
    ("Half", ["float16", "half"], .float16), ("BFloat16", ["bfloat16"], .bfloat16),
    ("Long", ["int64", "long"], .int64), ("Int", ["int32", "int"], .int32),
    ("Short", ["int16", "short"], .int16), ("Char", ["int8"], .int8),
    ("Byte", ["uint8"], .uint8), ("Bool", ["bool"], .bool),
    (nil, ["uint16"], .uint16), (nil, ["uint32"], .uint32), (nil, ["uint64"], .uint64),
    (nil, ["complex64", "complex128", "float8_e4m3fn", "float8_e5m2"], nil),
  ]
}

/// A storage as a pickle names it; its bytes are elsewhere in the file.
struct PyTorchStorage {
  /// The name of its bytes in the file.
  let key: String
  /// The type of its elements; nil for bytes, whose tensors say it.
  let elementType: HostTensor.ElementType?
  /// The number of elements.
  let count: Int

  /// The size in bytes; nil if it cannot be counted.
  var byteCount: Int? {
    HostTensor.byteCount(shape: [count], elementType: elementType ?? .uint8)
  }
}

/// A tensor as a view of a storage.
struct PyTorchTensor {
  /// Its storage, in `PickleMachine.storages`.
  let storage: Int
  /// The type of its elements.
  let elementType: HostTensor.ElementType
  /// The element of the storage that it begins with.
  let offset: Int
  /// The extents, outermost first.
  let shape: [Int]
  /// How many elements of the storage lie between neighbours along each axis.
  let strides: [Int]
}
