/// A reader of the pickles in PyTorch's files, which knows tensors, texts, numbers, lists and dictionaries.
///
/// It makes no objects and calls nothing: a pickle that names anything but `PyTorchGlobal`s is refused by that name,
/// as are opcodes that state dicts have no use for. Work and memory are bounded by the file's size and `limit`.
///
/// Source: Python's `pickletools.py`, protocols 2 to 5.
struct PickleMachine {
  /// The most values, elements and memos of one file.
  static let limit = 1_000_000

  /// The texts, by `PickleValue.text`.
  private(set) var texts: [String] = []
  /// The elements of lists and tuples, by `PickleValue.row`.
  var rows: [[PickleValue]] = []
  /// The entries of dictionaries, by `PickleValue.dictionary`; later ones take the place of earlier ones.
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  /// The storages, by `PickleValue.storage`.
  var storages: [PyTorchStorage] = []
  /// The tensors, by `PickleValue.tensor`.
  var tensors: [PyTorchTensor] = []
  /// What is being read.
  var stream: PickleStream
  private var stack: [PickleValue] = []
  private var memo: [PickleValue] = []
  private var cells = 0

  /// A machine at the start of `stream`.
  init(_ stream: PickleStream) { self.stream = stream }

  /// Reads the next pickle of the stream.
  ///
  /// - Throws: `FormatError` with the byte at fault, and the name of what is refused.
  mutating func run() throws(FormatError) -> PickleValue {
    (stack, memo) = ([], [])
    while true {
      let code = try stream.byte()
      if code == UInt8(ascii: ".") { return try pop() }
      if try atom(code) { continue }
      try structure(code)
    }
  }

  /// Counts a value against the limit.
  mutating func count(_ cost: Int = 1) throws(FormatError) {
    cells += cost
    guard cells <= Self.limit else {
      throw stream.error(.tooLarge(found: UInt64(cells), limit: UInt64(Self.limit)))
    }
  }

  mutating func push(_ value: PickleValue) throws(FormatError) {
    try count()
    stack.append(value)
  }

  mutating func pop() throws(FormatError) -> PickleValue {
    guard let value = stack.popLast() else {
      throw stream.error(.corrupt("a value is used that there is none of"))
    }
    return value
  }

  /// The values above the last mark, which is removed with them.
  private mutating func popToMark() throws(FormatError) -> [PickleValue] {
    guard let mark = stack.lastIndex(of: .mark) else {
      throw stream.error(.corrupt("a run of values without a beginning"))
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[(mark + 1)...])
  }

  mutating func pushRow(_ elements: [PickleValue]) throws(FormatError) {
    try count(elements.count)
    rows.append(elements)
    try push(.row(rows.count - 1))
  }

  private mutating func pushText(_ text: String) throws(FormatError) {
    texts.append(text)
    try push(.text(texts.count - 1))
  }

  /// The text that `value` is; nil for all others.
  func text(_ value: PickleValue) -> String? {
    if case .text(let index) = value { texts[index] } else { nil }
  }

  /// The elements of the list or tuple that `value` is; nil for all others.
  func row(_ value: PickleValue) -> [PickleValue]? {
    if case .row(let index) = value { rows[index] } else { nil }
  }
}

extension PickleMachine {
  /// Values without others inside, and the memo; false if `code` is none of these.
  private mutating func atom(_ code: UInt8) throws(FormatError) -> Bool {
    switch code {
    case 0x80:  // PROTO
      let version = try stream.byte()
      guard (2...5).contains(version) else {
        throw stream.error(
          .unsupported(what: "protocol \(version) of pickle", supported: "protocols 2 to 5"))
      }
    case 0x95: _ = try stream.take(8)  // FRAME, whose length is known otherwise
    case UInt8(ascii: "N"): try push(.none)
    case 0x88: try push(.bool(true))
    case 0x89: try push(.bool(false))
    case UInt8(ascii: "K"): try push(.int(Int(try stream.number(1))))
    case UInt8(ascii: "M"): try push(.int(Int(try stream.number(2))))
    case UInt8(ascii: "J"):
      try push(.int(Int(Int32(truncatingIfNeeded: try stream.number(4)))))
    case 0x8A: try push(Self.whole(try stream.take(try stream.length(1))))  // LONG1
    case UInt8(ascii: "G"):
      try push(.real(Double(bitPattern: try stream.number(8).byteSwapped)))
    case UInt8(ascii: "X"), UInt8(ascii: "T"):  // BINUNICODE, BINSTRING
      try pushText(try stream.text(try stream.length(4)))
    case 0x8C, UInt8(ascii: "U"): try pushText(try stream.text(try stream.length(1)))
    case 0x8D: try pushText(try stream.text(try stream.length(8)))
    case UInt8(ascii: "q"): try remember(try stream.length(1))  // BINPUT
    case UInt8(ascii: "r"): try remember(try stream.length(4))  // LONG_BINPUT
    case 0x94: try remember(memo.count)  // MEMOIZE
    case UInt8(ascii: "h"): try recall(try stream.length(1))  // BINGET
    case UInt8(ascii: "j"): try recall(try stream.length(4))  // LONG_BINGET
    default: return false
    }
    return true
  }

  /// Values made of others.
  private mutating func structure(_ code: UInt8) throws(FormatError) {
    switch code {
    case UInt8(ascii: "("): try push(.mark)
    case UInt8(ascii: ")"), UInt8(ascii: "]"): try pushRow([])
    case UInt8(ascii: "t"): try pushRow(try popToMark())
    case 0x85: try pushRow([try pop()])  // TUPLE1
    case 0x86, 0x87:  // TUPLE2, TUPLE3
      var elements: [PickleValue] = []
      for _ in 0..<Int(code) - 0x84 { elements.append(try pop()) }
      try pushRow(elements.reversed())
    case UInt8(ascii: "}"): try pushDictionary()
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try set([try pop(), value])
    case UInt8(ascii: "u"): try set(try popToMark())
    case UInt8(ascii: "c"):  // GLOBAL
      let (module, name) = (try stream.line(), try stream.line())
      try push(.global(try global(module, name)))
    case 0x93:  // STACK_GLOBAL
      let (name, module) = (try pop(), try pop())
      guard let module = text(module), let name = text(name) else {
        throw stream.error(.corrupt("the name of an object is no text"))
      }
      try push(.global(try global(module, name)))
    case UInt8(ascii: "Q"): try push(try storage(try pop()))  // BINPERSID
    case UInt8(ascii: "R"):  // REDUCE
      let arguments = try pop()
      try reduce(try pop(), arguments)
    case UInt8(ascii: "b"):  // BUILD, of a state dict's '_metadata', which tensors do not depend on
      _ = try pop()
      guard case .dictionary = stack.last else { throw refusal("the state of an object") }
    default: throw refusal("opcode \(code) of pickle")
    }
  }

  /// A whole number of little-endian bytes, in two's complement.
  private static func whole(_ bytes: ArraySlice<UInt8>) -> PickleValue {
    guard bytes.count <= 8 else { return .opaque }
    var value = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    return .int(value)
  }

  private mutating func remember(_ index: Int) throws(FormatError) {
    guard let value = stack.last, value != .mark, index <= memo.count else {
      throw stream.error(.corrupt("memo \(index) is out of turn"))
    }
    guard index == memo.count else {
      memo[index] = value
      return
    }
    try count()
    memo.append(value)
  }

  private mutating func recall(_ index: Int) throws(FormatError) {
    guard index < memo.count else { throw stream.error(.corrupt("there is no memo \(index)")) }
    try push(memo[index])
  }

  mutating func pushDictionary() throws(FormatError) {
    dictionaries.append([])
    try push(.dictionary(dictionaries.count - 1))
  }

  private mutating func append(_ elements: [PickleValue]) throws(FormatError) {
    guard case .row(let index) = stack.last else {
      throw stream.error(.corrupt("elements of a list that is none"))
    }
    try count(elements.count)
    rows[index] += elements
  }

  private mutating func set(_ entries: [PickleValue]) throws(FormatError) {
    guard case .dictionary(let index) = stack.last, entries.count.isMultiple(of: 2) else {
      throw stream.error(.corrupt("entries of a dictionary that is none"))
    }
    try count(entries.count)
    for place in stride(from: 0, to: entries.count, by: 2) {
      dictionaries[index].append((entries[place], entries[place + 1]))
    }
  }
}
