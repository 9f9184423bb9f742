/// How the output positions of a convolution, or of its input gradient, find their inputs along
/// one axis.
///
/// Output position `j · phases + p` belongs to phase `p`; its tap `t` reads the input position
/// `j · step + first + t · distance` of that phase.
struct GatherAxis {
  /// The taps that reach the outputs of one phase.
  struct Phase {
    /// The input position of the first tap of output 0, and from each tap to the next.
    var first, distance: Int
    /// The position in the kernel of each tap.
    var kernel: [Int]
  }

  /// Extents of the gather's input and output.
  let input, output: Int
  /// One per remainder of the output position.
  let phases: [Phase]
  /// Input positions from one output of a phase to the next.
  let step: Int

  /// The forward convolution.
  init(input: Int, output: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) {
    (self.input, self.output, step) = (input, output, stride)
    phases = [Phase(first: -padding, distance: dilation, kernel: Array(0..<kernel))]
  }

  /// The gradient by the convolution's input, which is this gather's output: kernel position `k`
  /// links the convolution's output `o` to its input `o · stride − padding + k · dilation`.
  init(gradientOf output: Int, input: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) {
    (self.input, self.output, step) = (input, output, 1)
    let distance = dilation / Self.commonDivisor(stride, dilation)
    phases = (0..<stride).map { phase in
      let reaching = (0..<kernel).reversed().filter {
        ($0 * dilation - phase - padding) % stride == 0
      }
      let first = reaching.first.map { (phase + padding - $0 * dilation) / stride }
      return Phase(first: first ?? 0, distance: distance, kernel: reaching)
    }
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : commonDivisor(b, a % b)
  }

  /// Outputs of one phase.
  func count(ofPhase phase: Int) -> Int { (output - phase).ceilDivided(by: phases.count) }
  /// Outputs of the longest phase.
  var count: Int { output.ceilDivided(by: phases.count) }

  private var reached: [Phase] { phases.filter { !$0.kernel.isEmpty } }
  /// The least input position that a tap of output 0 reads.
  var low: Int { reached.map(\.first).min() ?? 0 }
  /// The input positions that one output may touch, from `low` on.
  var span: Int {
    let last = reached.map { $0.first + ($0.kernel.count - 1) * $0.distance }.max() ?? 0
    return last - low + 1
  }

  /// Whether no tap of any output falls outside the input.
  var staysInside: Bool { low >= 0 && (count - 1) * step + low + span <= input }

  /// Input positions that `outputs` neighbours of a phase touch.
  func reach(_ outputs: Int) -> Int { (outputs - 1) * step + span }

  /// Taps that read inside the input, summed over tiles of `size` outputs of every phase, with `overhead`
  /// taps for each tile.
  func work(tile size: Int, overhead: Double) -> Double {
    var work = 0.0
    for (index, phase) in phases.enumerated() {
      for start in stride(from: 0, to: count(ofPhase: index), by: size) {
        work += overhead
        for tap in phase.kernel.indices {
          let position = start * step + phase.first + tap * phase.distance
          if position + (size - 1) * step >= 0 && position < input { work += 1 }
        }
      }
    }
    return work
  }

  /// The TAPS macro: count, first and distance of each phase.
  var taps: String {
    let rows = phases.map {
      "{\($0.kernel.count), \($0.kernel.isEmpty ? low : $0.first), \($0.distance)}"
    }
    return "{" + rows.joined(separator: ", ") + "}"
  }

  /// The macros of one axis of the gather kernels.
  func macros(_ axis: String) -> LaunchMacros {
    var macros: LaunchMacros = [:]
    macros.append("PHASES_\(axis)", "\(phases.count)")
    macros.append("STEP_\(axis)", "\(step)")
    macros.append("TAPS_\(axis)", taps)
    macros.append("LOW_\(axis)", "(\(low))")
    macros.append("SPAN_\(axis)", "\(span)")
    return macros
  }
}
