import Glibc
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct CrossEntropyTests {
  @Test(
    arguments: KernelForm.allCases,
    [(1, 1), (4, 1), (9, 10), (5, 16), (6, 17), (3, 130), (2, 30522)])
  func lossAndGradientAreRight(_ form: KernelForm, _ shape: (Int, Int)) throws {
    let (rows, columns) = shape
    for (smoothing, size) in [(Float(0), Float(3)), (0.1, 3), (0, 10_000), (1, 1)] {
      var numbers = TestNumbers(seed: UInt64(rows * columns))
      let logits = numbers.floats(rows * columns, size)
      // Every fourth label is none of the classes.
      let labels = (0..<rows).map {
        Int32($0 % 4 == 3 ? ($0 % 8 == 3 ? -1 : columns) : $0 % columns)
      }
      let upstream = numbers.floats(rows)
      let oracle = RowOracle(rows: rows, columns: columns)
      var losses: [Double] = []
      let gradients = oracle.map { row, range in
        let logs = oracle.logSoftmax(logits[range])
        let label = Int(labels[row])
        guard logs.indices.contains(label) else {
          losses.append(0)
          return logs.map { _ in 0 }
        }
        let target = logs.indices.map {
          Double(smoothing) / Double(columns) + ($0 == label ? 1 - Double(smoothing) : 0)
        }
        losses.append(zip(target, logs).reduce(0) { $0 - ($1.0 == 0 ? 0 : $1.0 * $1.1) })
        return zip(target, logs).map { Double(upstream[row]) * (exp($1) - $0) }
      }
      for (loss, gradient) in [(true, true), (true, false), (false, true)] {
        let found = try StepRunner(form: form).run(
          .crossEntropy(
            smoothing: smoothing, rows: rows, columns: columns, loss: loss, gradient: gradient),
          [.float32(logits), .int32(labels)] + (gradient ? [.float32(upstream)] : []),
          outputs: (loss ? [(rows, .float32)] : [])
            + (gradient ? [(rows * columns, .float32)] : []))
        if loss {
          #expect(worstError(found[0].floats, losses, absolute: 2e-6, relative: 2e-6) <= 1)
        }
        if gradient, let last = found.last {
          #expect(worstError(last.floats, gradients, absolute: 3e-6, relative: 3e-6) <= 1)
        }
      }
    }
  }

  @Test(arguments: KernelForm.allCases)
  func maskedClassesCostNothingAndNaNStaysInItsRow(_ form: KernelForm) throws {
    let logits: [Float] = [1, -.infinity, 1, .nan, 0, 0]
    let found = try StepRunner(form: form).run(
      .crossEntropy(smoothing: 0, rows: 2, columns: 3, loss: true, gradient: true),
      [.float32(logits), .int32([0, 1]), .float32([1])],
      outputs: [(2, .float32), (6, .float32)])
    #expect(worstError(found[0].floats, [log(2), .nan], absolute: 0, relative: 1e-6) <= 1)
    let gradient: [Double] = [-0.5, 0, 0.5, .nan, .nan, .nan]
    #expect(worstError(found[1].floats, gradient, absolute: 1e-7, relative: 1e-6) <= 1)
  }
}
