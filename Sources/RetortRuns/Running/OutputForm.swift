import Glibc
import RetortFormats
import RetortRecipes

/// How outputs of frozen models become tensors of a file, and tensors outputs.
enum OutputForm: Equatable {
  /// `outputs`, float32 `[examples, …]`.
  case float32
  /// `outputs`, float16 `[examples, …]`, rounded to nearest even.
  case float16
  /// `logits`, float32, and `classes`, int32, `[examples, k]`, from the likeliest class on, and `rest`, float32
  /// `[examples]`, the logit that all other classes share, so that together they are as likely as they were.
  case topClasses(Int)

  /// The form that a recipe asks for.
  init(_ format: CacheFormat, classes: Int) {
    self =
      switch format {
      case .float32: .float32
      case .float16: .float16
      case .topClasses: .topClasses(classes)
      }
  }

  /// The name in files; nil for outputs as they are.
  var name: String? {
    switch self {
    case .float32: nil
    case .float16: "float16"
    case .topClasses(let count): "top-\(count)"
    }
  }

  /// The tensors that outputs are kept as.
  ///
  /// - Parameters:
  ///   - values: Outputs, `[examples, width]`, flat.
  ///   - examples: How many there are.
  ///   - path: The file, for errors.
  /// - Throws: `FormatError` for outputs that the form cannot hold.
  func tensors(
    _ values: [Float], examples: Int, path: String
  ) throws(FormatError) -> [String: HostTensor] {
    let width = values.count / max(1, examples)
    switch self {
    case .float32: return ["outputs": HostTensor(shape: [examples, width], floats: values)]
    case .float16:
      if let large = values.first(where: { abs($0) > Float(Float16.greatestFiniteMagnitude) }) {
        throw FormatError(path, .corrupt("float16 ends at 65504, and an output is \(large)"))
      }
      let halves = values.map { Float16($0).bitPattern }
      return [
        "outputs": HostTensor(
          shape: [examples, width], elementType: .float16,
          bytes: halves.withUnsafeBytes { [UInt8]($0)[...] })
      ]
    case .topClasses(let count):
      let kept = min(count, width)
      var (logits, classes, rest): ([Float], [Int32], [Float]) = ([], [], [])
      for row in 0..<examples {
        let own = values[row * width..<(row + 1) * width]
        let order = own.indices.sorted { (own[$0], $1) > (own[$1], $0) }
        logits += order.prefix(kept).map { own[$0] }
        classes += order.prefix(kept).map { Int32($0 - own.startIndex) }
        rest.append(Self.shared(order.dropFirst(kept).map { own[$0] }))
      }
      return [
        "logits": HostTensor(shape: [examples, kept], floats: logits),
        "classes": HostTensor(shape: [examples, kept], int32s: classes),
        "rest": HostTensor(shape: [examples], floats: rest),
      ]
    }
  }

  /// The outputs that a file's tensors are of, `[examples, width]`, flat.
  ///
  /// - Throws: `FormatError` for tensors of other shapes or types.
  func values(in file: Safetensors, examples: Int, width: Int) throws(FormatError) -> [Float] {
    func floats(_ name: String, _ type: HostTensor.ElementType, _ count: Int) throws(FormatError)
      -> [Float]
    {
      let tensor = try file.tensor(name)
      guard tensor.count == count, tensor.elementType == type else {
        throw FormatError(file.path, .lengthMismatch(expected: count, found: tensor.count))
      }
      return try file.floats(name)
    }
    switch self {
    case .float32: return try floats("outputs", .float32, examples.saturatingProduct(width))
    case .float16: return try floats("outputs", .float16, examples.saturatingProduct(width))
    case .topClasses(let count):
      let kept = min(count, width)
      let logits = try floats("logits", .float32, examples.saturatingProduct(kept))
      let rest = try floats("rest", .float32, examples)
      let classes = try file.int32s("classes").map(Int.init)
      guard classes.count == logits.count, classes.allSatisfy((0..<width).contains) else {
        throw FormatError(file.path, .corrupt("its classes are not those of its logits"))
      }
      var values = rest.flatMap { Array(repeating: $0, count: width) }
      for (place, (logit, own)) in zip(logits, classes).enumerated() {
        values[place / kept * width + own] = logit
      }
      return values
    }
  }

  /// What is lost by a form, for the user; nil where nothing is.
  ///
  /// - Parameters:
  ///   - values: Outputs, `[examples, width]`, flat.
  ///   - kept: What a file gives back.
  func loss(of values: [Float], in kept: [Float], examples: Int) -> String? {
    switch self {
    case .float32: return nil
    case .float16:
      let most = zip(values, kept).reduce(0) { max($0, abs($1.0 - $1.1)) }
      return "as float16: they are off by up to \(fixed(Double(most), 5))"
    case .topClasses(let count):
      let width = values.count / max(1, examples)
      guard count < width else { return nil }
      var left = 0.0
      for row in 0..<examples {
        let own = values[row * width..<(row + 1) * width].map(Double.init).sorted(by: >)
        let powers = own.map { exp($0 - own[0]) }
        left += powers.dropFirst(count).reduce(0, +) / powers.reduce(0, +)
      }
      let share = 100 * left / Double(max(1, examples))
      return
        "as the \(count) likeliest of \(width) classes: \(fixed(share, 3)) % of the probability lies with the others, "
        + "which share it evenly; above a temperature of 1 that makes them likelier than the teacher does"
    }
  }

  /// The logit that so many classes would share to be together as likely as these are; 0 for none.
  private static func shared(_ logits: [Float]) -> Float {
    guard let largest = logits.first.map(Double.init) else { return 0 }
    let sum = logits.reduce(0) { $0 + exp(Double($1) - largest) }
    return Float(largest + log(sum / Double(logits.count)))
  }
}
