// The values that a lowering hands to the launch list.

/// One kernel launch, described by names and values; nothing here holds a device object.
///
/// Its text is `Kernels/prelude.cl`, the macros as `#define` lines, `generated`, and the text of
/// `family`. Launches whose text is the same share one build. Different ones may be built together
/// as one program, so what the text defines must start in the first column (see `DefinedNames`).
package struct Launch: Sendable {
  /// The kernel source under `Kernels/` without `.cl`, such as `matmul/sgemm`.
  ///
  /// Nil if the kernel is wholly generated.
  package var family: String?
  /// The name of the `__kernel` function.
  package var entry: String
  /// Macros in order, each name with its replacement text; empty when the kernel is generated.
  package var macros: LaunchMacros
  /// Source text written by the host: a whole kernel, or macro bodies that `family` uses.
  package var generated: String
  /// The language that the program is compiled as.
  package var language = LanguageVersion.openCL12
  /// Work-items in each of one to three dimensions; each a multiple of its local size.
  package var global: [Int]
  /// Work-items of one work-group in each dimension.
  package var local: [Int]
  /// Arguments in the order of the kernel's parameters, labelled with the parameters' names.
  package var arguments: LaunchArguments
  /// Where the launch comes from, for profiles and messages, such as `layer1.0.conv1`.
  package var label: String
  /// The task of a launch beside its step's main one, such as `pack weights`; nil for that one.
  package var part: String?
  /// The step's computation in a few words; empty outside plans.
  package var task = ""
  /// The whole work of its step if it is the main launch, else none.
  package var work = StepWork()

  /// Describes one launch.
  package init(
    family: String? = nil, entry: String, macros: LaunchMacros = [:], generated: String = "",
    global: [Int], local: [Int], arguments: LaunchArguments, label: String = "",
    part: String? = nil
  ) {
    self.family = family
    self.entry = entry
    self.macros = macros
    self.generated = generated
    self.global = global
    self.local = local
    self.arguments = arguments
    self.label = label.isEmpty ? entry : label
    self.part = part
  }
}

/// One argument of a kernel.
package enum LaunchArgument: Hashable, Sendable {
  /// A `__global` or `__constant` pointer.
  case buffer(BufferReference)
  /// An `int`.
  case int(Int32)
  /// A `uint`.
  case uint(UInt32)
  /// A `long`.
  case long(Int64)
  /// A `float`.
  case float(Float)
  /// A `__local` pointer to this many bytes.
  case local(Int)
  /// An `int` that does not fit; a launch with one is refused when it is bound.
  case oversized(Int)

  /// An `int` from a host integer.
  package static func int(_ value: Int) -> LaunchArgument {
    Int32(exactly: value).map { .int($0) } ?? .oversized(value)
  }
}

/// A device buffer as a lowering names it, before any memory exists.
package enum BufferReference: Hashable, Sendable {
  /// A value of the plan, by its index.
  case value(Int)
  /// Scratch space that the lowering asked for; contents do not survive the step.
  case scratch(Int)
  /// Bytes of scratch space, from a multiple of `Plan.alignment` on.
  case scratchPart(Int, offset: Int, byteCount: Int)
  /// Data that the lowering asked to be uploaded once, such as an offset table.
  case table(Int)
  /// A buffer that exists already.
  case device(DeviceMemory)
}

/// Pairs of a name and a value in the order written; a dictionary literal makes one.
package struct OrderedPairs<Value: Hashable & Sendable>: Hashable, Sendable,
  ExpressibleByDictionaryLiteral
{
  /// One name with its value.
  package struct Pair: Hashable, Sendable {
    /// The name.
    package let name: String
    /// The value.
    package let value: Value
  }
  /// The pairs in order.
  package private(set) var pairs: [Pair]

  /// Takes the pairs of a literal in the order written.
  package init(dictionaryLiteral elements: (String, Value)...) {
    pairs = elements.map { Pair(name: $0.0, value: $0.1) }
  }

  /// Adds one pair at the end.
  package mutating func append(_ name: String, _ value: Value) {
    pairs.append(Pair(name: name, value: value))
  }

  /// Adds all pairs of `other` at the end.
  package mutating func append(_ other: OrderedPairs) { pairs += other.pairs }

  /// Gives every pair whose name occurs in `other` the value that it has there.
  package mutating func replace(with other: OrderedPairs) {
    pairs = pairs.map { pair in other.pairs.last { $0.name == pair.name } ?? pair }
  }
}

/// Macros of a program: each name with its replacement text.
package typealias LaunchMacros = OrderedPairs<String>
/// Arguments of a kernel: each parameter's name with its value.
package typealias LaunchArguments = OrderedPairs<LaunchArgument>

/// One CLBlast call on row-major float matrices: `c = alpha · a · b + beta · c`.
package struct SgemmCall: Hashable, Sendable {
  /// The three matrices.
  package var a, b, c: BufferReference
  /// Rows of `c`, columns of `c`, and the length of each sum.
  package var m, n, k: Int
  /// Whether each operand is stored transposed.
  package var transposeA = false, transposeB = false
  /// Matrices in the batch; each operand then advances by its stride, in floats.
  package var batch = 1
  /// Floats from one matrix of the batch to the next.
  package var strideA = 0, strideB = 0, strideC = 0
  /// Factors of the product and of the values that `c` holds before.
  package var alpha: Float = 1, beta: Float = 0

  /// Describes one product.
  package init(
    a: BufferReference, b: BufferReference, c: BufferReference, m: Int, n: Int, k: Int
  ) {
    (self.a, self.b, self.c) = (a, b, c)
    (self.m, self.n, self.k) = (m, n, k)
  }
}

/// One copy between two buffers, in bytes.
package struct CopyCall: Hashable, Sendable {
  /// Where the bytes come from and go to.
  package var source, destination: BufferReference
  /// Offsets and length, in bytes.
  package var sourceOffset = 0, destinationOffset = 0, byteCount: Int

  /// Describes one copy.
  package init(from source: BufferReference, to destination: BufferReference, byteCount: Int) {
    (self.source, self.destination, self.byteCount) = (source, destination, byteCount)
  }
}

/// One entry of a launch list.
package enum DeviceCommand: Sendable {
  /// A kernel.
  case kernel(Launch)
  /// A matrix product by CLBlast.
  case sgemm(SgemmCall)
  /// A copy.
  case copy(CopyCall)

  /// The command in words and numbers, for profiles and messages.
  package var description: CommandDescription {
    switch self {
    case .kernel(let launch):
      let part = launch.part.map { " (\($0))" } ?? ""
      return CommandDescription(
        kernel: GeneratedKernel.template(ofEntry: launch.entry), task: launch.task + part,
        label: launch.label, work: launch.work)
    case .sgemm(let call):
      return CommandDescription(
        kernel: "CLBlastSgemm", label: "CLBlastSgemm \(call.m)x\(call.n)x\(call.k)")
    case .copy(let call):
      return CommandDescription(kernel: "copy", label: "copy \(call.byteCount) bytes")
    }
  }
}

/// One entry of a launch list in words and numbers.
package struct CommandDescription: Sendable {
  /// The kernel's name in `Kernels/`.
  package var kernel: String
  /// The step's computation with sizes; empty outside plans.
  package var task = ""
  /// Where it comes from.
  package var label: String
  /// The work that the entry is credited with.
  package var work = StepWork()
}
