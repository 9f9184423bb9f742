import CRetortCPU
import RetortCore

/// A tiled matrix product, with the memory that its tasks refer to.
final class Product {
  let description: UnsafeMutablePointer<retort_product>
  private let patches: UnsafeMutablePointer<retort_patches>?
  private let lines: UnsafeMutablePointer<Int32>?
  private let epilogue: CompiledProgram
  /// The number of tasks before partial sums are combined.
  let tasks: Int

  /// The factor that is read through patches.
  enum PatchSide { case none, left, right }

  /// The extents of a batch of products.
  struct Size {
    var batch, m, n, k: Int
  }

  /// - Parameters:
  ///   - rows: The layout of the result's rows in the epilogue's iteration space.
  ///   - lines: Vertical offset, first horizontal offset and length of the patches' lines of taps.
  init(
    _ size: Size, a: retort_factor, b: retort_factor, rows: retort_rows, epilogue: CompiledProgram,
    patches: retort_patches? = nil, lines: [Int32] = [], on side: PatchSide = .none,
    maySplit: Bool = true, kernels: retort_kernels
  ) {
    self.epilogue = epilogue
    var product = retort_product(
      m: Int64(size.m), n: Int64(size.n), k: Int64(size.k), batch: Int64(size.batch), tile_m: 1,
      tile_n: 1, split_k: 1, splits: 1, a: a, b: b, rows: rows, partials: nil,
      epilogue: epilogue.pointer)
    if var patches, side != .none {
      let list = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, lines.count))
      list.update(from: lines, count: lines.count)
      patches.lines = UnsafePointer(list)
      patches.line_count = Int64(lines.count / 3)
      let copy = UnsafeMutablePointer<retort_patches>.allocate(capacity: 1)
      copy.initialize(to: patches)
      if side == .left { product.a.patches = UnsafePointer(copy) }
      if side == .right { product.b.patches = UnsafePointer(copy) }
      (self.lines, self.patches) = (list, copy)
    } else {
      (self.lines, self.patches) = (nil, nil)
    }
    product.cut(maySplit: maySplit, kernels)
    description = .allocate(capacity: 1)
    description.initialize(to: product)
    tasks = Int(product.batch * product.splits * product.tileCount)
  }

  deinit {
    description.deallocate()
    patches?.deallocate()
    lines?.deallocate()
  }

  /// The number of elements of partial sums in shared memory.
  var partialCount: Int {
    let p = description.pointee
    return p.splits > 1 ? Int(p.splits * p.batch * p.m * p.n) : 0
  }

  /// The number of rows of all matrices of the batch.
  var rowCount: Int { Int(description.pointee.batch * description.pointee.m) }

  /// The number of elements of one row.
  var columnCount: Int { Int(description.pointee.n) }
}

extension retort_product {
  fileprivate var tileCount: Int64 {
    (m + tile_m - 1) / tile_m * ((n + tile_n - 1) / tile_n)
  }

  /// Chooses tiles, and the splits of k, from the shapes only.
  fileprivate mutating func cut(maySplit: Bool, _ kernels: retort_kernels) {
    let (rows, columns, depth) = (kernels.tile_rows, kernels.tile_columns, kernels.depth)
    func up(_ value: Int64, _ unit: Int64) -> Int64 { (max(1, value) + unit - 1) / unit * unit }
    tile_m = min(up(m, rows), up(192, rows))
    tile_n = min(up(n, columns), up(256, columns))
    (splits, split_k) = (1, max(1, k))
    let wanted = min(16, batch * m * n * k >> 20)
    let isDeep = maySplit && k >= 4 * max(m, n)
    while !isDeep, batch * tileCount < wanted {
      if tile_m >= tile_n / 2, tile_m > 4 * rows {
        tile_m = up(tile_m / 2, rows)
      } else if tile_n > 2 * columns {
        tile_n = up(tile_n / 2, columns)
      } else {
        break
      }
    }
    let missing = (wanted + batch * tileCount - 1) / max(1, batch * tileCount)
    let most = k / (2 * depth)
    if maySplit, missing > 1, most > 1 {
      split_k = up((k + min(missing, most) - 1) / min(missing, most), depth)
      splits = (k + split_k - 1) / split_k
    }
  }
}

extension Lowering {
  /// One operation for several products whose tasks run in parallel; only the first may split k.
  func lowerProducts(_ products: [Product], sharedFrom offset: Int = 0) -> Operation {
    let (run, finish) = (kernels.product, kernels.product_finish)
    var starts = [0]
    for product in products {
      starts.append(starts[starts.count - 1] + product.tasks)
      workspace.reserve(perWorker: Int(kernels.product_scratch(product.description)))
    }
    let compute: Operation = { [workspace, workers, starts] in
      workers.run(starts[products.count]) { worker, task in
        var index = 0
        while task >= starts[index + 1] { index += 1 }
        run(products[index].description, Int64(task - starts[index]), workspace.scratch(worker))
      }
    }
    guard let first = products.first, first.partialCount > 0 else { return compute }
    workspace.reserve(shared: offset + first.partialCount * realBytes)
    let combine = split(first.rowCount, by: 16384 / max(1, first.columnCount)) {
      [workspace] worker, start, end in
      finish(first.description, start, end, workspace.scratch(worker))
    }
    return { [workspace] in
      first.description.pointee.partials = workspace.common + offset
      compute()
      combine()
    }
  }

  func lowerMatmul(_ step: Step, _ matmul: MatmulStep) throws -> Operation {
    let (batch, m, n, k) = (matmul.batch, matmul.m, matmul.n, matmul.k)
    try check(matmul.epilogue, batch * m * n, step)
    let a = retort_factor(
      base: try input(step, 0, batch * m * k), stride: Int64(matmul.transposeA ? 1 : k),
      stride_k: Int64(matmul.transposeA ? m : 1), batch_stride: Int64(m * k), patches: nil)
    let b = retort_factor(
      base: try input(step, 1, batch * k * n), stride: Int64(matmul.transposeB ? k : 1),
      stride_k: Int64(matmul.transposeB ? 1 : n), batch_stride: Int64(k * n), patches: nil)
    let rows = retort_rows(
      base: 0, rows_y: 1, rows_x: Int64(max(1, m)), stride_batch: Int64(m * n),
      stride_image: Int64(m * n), stride_y: Int64(m * n), stride_x: Int64(n))
    let epilogue = try compile(matmul.epilogue, of: step, operandsFrom: 2)
    let size = Product.Size(batch: batch, m: m, n: n, k: k)
    return lowerProducts([
      Product(size, a: a, b: b, rows: rows, epilogue: epilogue, kernels: kernels)
    ])
  }

  /// Checks that an epilogue covers exactly the elements of its contraction.
  func check(_ epilogue: PointwiseProgram, _ count: Int, _ step: Step) throws {
    guard epilogue.shape.count == count else {
      throw BackendError.wrongData(
        what: "\(step.title), epilogue", expected: "\(count) elements",
        found: "\(epilogue.shape.count)")
    }
  }
}
