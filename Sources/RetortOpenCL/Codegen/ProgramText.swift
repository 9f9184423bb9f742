import RetortCore

/// The statements that compute a pointwise program's registers, for one vector width.
///
/// Names of registers begin with `prefix`, so that the statements can stand inside any kernel.
struct ProgramText {
  /// How many elements one statement computes.
  enum Width: Int {
    case one = 1
    case four = 4
    case sixteen = 16

    /// `float`, `float4` or `float16`; `int` likewise.
    func type(_ dtype: DType) -> String {
      (dtype == .float32 ? "float" : "int") + (self == .one ? "" : "\(rawValue)")
    }
  }

  /// One statement a line.
  private(set) var statements: [String] = []
  private let program: PointwiseProgram
  private let width: Width
  private let prefix: String
  private var types: [DType] = []

  /// Writes `program`.
  ///
  /// - Parameters:
  ///   - accumulator: The expression of the enclosing kernel's result.
  ///   - load: The expression of an operand's element or elements.
  init(
    _ program: PointwiseProgram, _ width: Width, prefix: String = "r", accumulator: String = "0.0f",
    load: (Int) -> String
  ) {
    self.program = program
    self.width = width
    self.prefix = prefix
    for (index, instruction) in program.instructions.enumerated() {
      let (type, expression) = write(instruction, accumulator, load)
      types.append(type)
      guard let expression else { continue }
      statements.append("const \(width.type(type)) \(prefix)\(index) = \(expression);")
    }
  }

  /// The value of result `index`, converted to the type that it is stored as.
  func value(ofResult index: Int) -> String {
    let result = program.results[index]
    return use(result.register, as: result.dtype)
  }

  private func write(
    _ instruction: PointwiseProgram.Instruction, _ accumulator: String, _ load: (Int) -> String
  ) -> (DType, String?) {
    switch instruction {
    case .load(let operand): (program.operands[operand].dtype, load(operand))
    case .accumulator: (.float32, accumulator)
    case .constant: (.float32, nil)
    case .unary(let op, let x): write(op, x)
    case .binary(let op, let x, let y): write(op, x, y)
    case .select(let condition, let x, let y): writeSelect(condition, x, y)
    }
  }

  // MARK: Operands

  private func constant(_ register: Int) -> Double? {
    if case .constant(let value) = program.instructions[register] { value } else { nil }
  }

  /// The register as an expression of type `dtype`; constants are written where they are used.
  private func use(_ register: Int, as dtype: DType) -> String {
    if let value = constant(register) {
      let literal =
        dtype == .float32 ? Literal.float(Float(value)) : Literal.int(value)
      return width == .one ? literal : "(\(width.type(dtype)))(\(literal))"
    }
    let name = "\(prefix)\(register)"
    return types[register] == dtype ? name : "convert_\(width.type(dtype))(\(name))"
  }

  /// int32 if every register is, constants joining the others; float32 otherwise.
  private func common(_ registers: Int...) -> DType {
    let typed = registers.filter { constant($0) == nil }
    if typed.isEmpty || typed.contains(where: { types[$0] == .float32 }) { return .float32 }
    return registers.allSatisfy { constant($0).map { $0 == $0.rounded() } ?? true }
      ? .int32 : .float32
  }

  private func one(_ dtype: DType) -> String { splat(dtype == .float32 ? "1.0f" : "1", dtype) }
  private func zero(_ dtype: DType) -> String { splat(dtype == .float32 ? "0.0f" : "0", dtype) }
  private func splat(_ literal: String, _ dtype: DType) -> String {
    width == .one ? literal : "(\(width.type(dtype)))(\(literal))"
  }

  /// `then` where the comparison holds.
  private func choose(_ condition: String, _ then: String, _ otherwise: String) -> String {
    width == .one
      ? "\(condition) ? \(then) : \(otherwise)" : "select(\(otherwise), \(then), \(condition))"
  }

  // MARK: Operations

  private func write(_ op: UnaryOp, _ register: Int) -> (DType, String) {
    let type: DType = op.keepsIntegers ? common(register) : .float32
    let x = use(register, as: type)
    let expression =
      switch op {
      case .negate: "-\(x)"
      case .absolute: type == .float32 ? "fabs(\(x))" : "as_\(width.type(type))(abs(\(x)))"
      case .exp: width == .sixteen ? "exp16(\(x))" : "exp(\(x))"
      case .expm1: width == .sixteen ? "expm1_16(\(x))" : "expm1(\(x))"
      case .log: width == .sixteen ? "log16(\(x))" : "log(\(x))"
      case .log1p: width == .sixteen ? "log1p_16(\(x))" : "log1p(\(x))"
      case .sqrt: "sqrt(\(x))"
      case .rsqrt: "1.0f / sqrt(\(x))"
      case .reciprocal: "1.0f / \(x)"
      case .square: "\(x) * \(x)"
      case .tanh: width == .sixteen ? "tanh16(\(x))" : "tanh(\(x))"
      case .sigmoid: width == .sixteen ? "sigmoid16(\(x))" : "1.0f / (1.0f + exp(-\(x)))"
      case .erf: width == .sixteen ? "erf16(\(x))" : "erf(\(x))"
      case .relu: choose("\(x) < \(zero(type))", zero(type), x)
      case .sign:
        choose(
          "\(x) > \(zero(type))", one(type),
          "(" + choose("\(x) < \(zero(type))", "-" + one(type), x) + ")")
      case .floor: "floor(\(x))"
      case .sin: "sin(\(x))"
      case .cos: "cos(\(x))"
      case .isPositive: choose("\(x) > \(zero(type))", one(type), zero(type))
      case .toFloat: x
      }
    return (type, expression)
  }

  private func write(_ op: BinaryOp, _ a: Int, _ b: Int) -> (DType, String) {
    let type: DType = op == .power ? .float32 : common(a, b)
    let (x, y) = (use(a, as: type), use(b, as: type))
    let expression =
      switch op {
      case .add: "\(x) + \(y)"
      case .subtract: "\(x) - \(y)"
      case .multiply: "\(x) * \(y)"
      case .divide: type == .float32 ? "\(x) / \(y)" : "divide\(width.rawValue)(\(x), \(y))"
      case .maximum: extremum(">", a, b, type)
      case .minimum: extremum("<", a, b, type)
      case .power: power(x, y, exponent: constant(b))
      case .greater: choose("\(x) > \(y)", one(type), zero(type))
      case .greaterOrEqual: choose("\(x) >= \(y)", one(type), zero(type))
      case .equal: choose("\(x) == \(y)", one(type), zero(type))
      }
    return (type, expression)
  }

  /// The larger (`>`) or smaller (`<`) of two, NaN if either is; one comparison does where one of
  /// them is a number or cannot be NaN.
  private func extremum(_ beats: String, _ a: Int, _ b: Int, _ type: DType) -> String {
    let (x, y) = (use(a, as: type), use(b, as: type))
    if type == .int32 || constant(a).map({ !$0.isNaN }) ?? false {
      return choose("\(x) \(beats) \(y)", x, y)
    }
    if constant(b).map({ !$0.isNaN }) ?? false { return choose("\(y) \(beats) \(x)", y, x) }
    let better = choose("\(x) \(beats) \(y)", x, y)
    return choose("\(x) != \(x)", x, "(\(better))")
  }

  /// Small whole exponents and the square root as arithmetic, which is a hundred times faster.
  private func power(_ x: String, _ y: String, exponent: Double?) -> String {
    switch exponent {
    case 1: x
    case 2: "\(x) * \(x)"
    case 3: "\(x) * \(x) * \(x)"
    case -1: "1.0f / \(x)"
    case -2: "1.0f / (\(x) * \(x))"
    case 0.5: "sqrt(\(x))"
    case -0.5: "1.0f / sqrt(\(x))"
    default: "pow(\(x), \(y))"
    }
  }

  private func writeSelect(_ condition: Int, _ a: Int, _ b: Int) -> (DType, String) {
    let type = common(a, b)
    let test = common(condition)
    return (
      type,
      choose(
        "\(use(condition, as: test)) != \(zero(test))", use(a, as: type), use(b, as: type))
    )
  }
}

extension UnaryOp {
  /// Whether the operation on integers gives integers.
  fileprivate var keepsIntegers: Bool {
    switch self {
    case .negate, .absolute, .square, .relu, .sign, .isPositive: true
    default: false
    }
  }
}
