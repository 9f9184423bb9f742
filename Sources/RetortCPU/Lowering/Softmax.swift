import CRetortCPU
import RetortCore

extension Lowering {
  func lowerSoftmax(_ step: Step, _ kind: SoftmaxKind, _ rows: Int, _ columns: Int) throws
    -> Operation
  {
    let x = try input(step, 0, rows * columns)
    let y = try output(step, 0, rows * columns)
    switch kind {
    case .softmax, .logSoftmax:
      let run = kind == .softmax ? kernels.softmax : kernels.log_softmax
      return splitRows(rows, columns, cost: 4) { _, start, end in
        run(x, Int64(columns), start, end, y)
      }
    case .softmaxBackward, .logSoftmaxBackward:
      let run =
        kind == .softmaxBackward ? kernels.softmax_backward : kernels.log_softmax_backward
      let gradient = try input(step, 1, rows * columns)
      return splitRows(rows, columns, cost: 2) { _, start, end in
        run(x, gradient, Int64(columns), start, end, y)
      }
    }
  }
}
