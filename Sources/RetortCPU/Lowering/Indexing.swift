import CRetortCPU
import RetortCore

extension Lowering {
  func lowerGather(_ step: Step, _ rows: Int, _ columns: Int, _ count: Int) throws -> Operation {
    let dtype = memory.values[try existing(step, 0)].dtype
    let table = try input(step, 0, rows * columns, dtype)
    let ids = try input(step, 1, count, .int32).assumingMemoryBound(to: Int32.self)
    let y = try output(step, 0, count * columns, dtype)
    // Rows are copied only, so four-byte elements use the float32 loop at any precision.
    let run =
      dtype == .int32 ? InstructionSet.baseline.kernels(.float32).gather : kernels.gather
    return splitRows(count, columns) { _, start, end in
      run(table, ids, Int64(rows), Int64(columns), start, end, y)
    }
  }

  private func existing(_ step: Step, _ index: Int) throws -> Int {
    guard step.inputs.indices.contains(index),
      memory.values.indices.contains(step.inputs[index])
    else {
      throw BackendError.wrongData(
        what: step.title, expected: "input \(index)", found: "\(step.inputs.count) inputs")
    }
    return step.inputs[index]
  }

  func lowerScatterAdd(_ step: Step, _ rows: Int, _ columns: Int, _ count: Int) throws -> Operation
  {
    let ids = try input(step, 0, count, .int32).assumingMemoryBound(to: Int32.self)
    let gradient = try input(step, 1, count * columns)
    let table = try output(step, 0, rows * columns)
    let run = kernels.scatter_add
    // Every task reads all ids, so there should be few tasks.
    return split(rows, by: max((rows + 15) / 16, 4096 / max(1, columns))) { _, start, end in
      run(ids, gradient, Int64(columns), Int64(count), start, end, table)
    }
  }

  func lowerArgmax(_ step: Step, _ rows: Int, _ columns: Int) throws -> Operation {
    let x = try input(step, 0, rows * columns)
    let y = try output(step, 0, rows, .int32).assumingMemoryBound(to: Int32.self)
    let run = kernels.argmax
    return splitRows(columns == 0 ? 0 : rows, columns) { _, start, end in
      run(x, Int64(columns), start, end, y)
    }
  }
}
