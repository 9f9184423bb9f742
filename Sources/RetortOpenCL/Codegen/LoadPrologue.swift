import RetortCore

/// The LOADED macros of `Kernels/convolution/convolution_tiled.cl`, written from a step's prologues.
///
/// `LOADED_A(to, from)` makes the VECTOR_A floats at `to` the operand's, which the kernel has loaded
/// from `from`, which points into its buffer `a`, unless `from` is null; `LOADED_B` likewise. Operands of the
/// programs other than those buffers become the parameters `l0`, `l1`, … behind the kernel's own.
struct LoadPrologue {
  /// `#define` lines for `Launch.generated`; empty where there are no programs.
  private(set) var text = ""
  private var parameters = KernelParameters()

  /// Arguments to append to the kernel's own.
  var arguments: LaunchArguments { parameters.arguments }

  /// Writes the macros of a step's prologues.
  ///
  /// - Parameters:
  ///   - names: The kernel's names of the step's first two inputs: `a` or `b`.
  ///   - widths: How many floats it loads of each at a time.
  init(
    _ step: Step, _ convolution: ConvolutionStep, names: [String], widths: [ProgramText.Width]
  ) {
    var first = 2 + convolution.epilogue.operands.count
    for (input, program) in convolution.fusedPrologues {
      let operands = Array(step.inputs[first..<first + program.operands.count])
      text += macro(program, operands, of: names[input], widths[input], own: step.inputs[input])
      first += operands.count
    }
    if !text.isEmpty { text += "#define LOADED_PARAMETERS \(parameters.trailing)\n" }
  }

  private mutating func macro(
    _ program: PointwiseProgram, _ operands: [Int], of name: String, _ width: ProgramText.Width,
    own: Int
  ) -> String {
    var expressions: [String] = []
    for (index, operand) in program.operands.enumerated() {
      let isDense = program.isDense(operand.access)
      if isDense, operands[index] == own {
        expressions.append(width == .one ? "*(to)" : "vload4(0, to)")
        continue
      }
      let parameter = "l\(parameters.arguments.pairs.count)"
      parameters.add(parameter, .value(operands[index]), .float32, isConstant: true)
      expressions.append(element(operand.access, isDense: isDense, in: program, parameter, width))
    }
    let text = ProgramText(program, width, prefix: "loaded_r") { expressions[$0] }
    let result = text.value(ofResult: 0)
    let store = width == .one ? "*(to) = \(result);" : "vstore4(\(result), 0, to);"
    let lines =
      [
        "#define LOADED_\(name.uppercased())(to, from) if (from) {",
        "const uint loaded_at = (uint)((from) - \(name));",
        "const uint loaded_n = loaded_at % \(program.shape.columnCount);",
      ] + text.statements + [store + " }"]
    return lines.joined(separator: " \\\n  ") + "\n"
  }

  /// The element or elements of an operand at `loaded_at`, in channel `loaded_n`.
  private func element(
    _ access: PointwiseProgram.Access, isDense: Bool, in program: PointwiseProgram,
    _ parameter: String, _ width: ProgramText.Width
  ) -> String {
    let isOne = !isDense && access.strides[program.shape.rank - 1] == 0
    let index = isDense ? "loaded_at" : isOne ? "\(access.offset)" : "\(access.offset) + loaded_n"
    if width == .one || isOne { return "\(parameter)[\(index)]" }
    // Channels come in fours, and so do the offsets of operands in memory.
    guard access.offset % width.rawValue == 0 else { return "vload4(0, \(parameter) + \(index))" }
    return "*(__global const float4*)(\(parameter) + \(index))"
  }
}
