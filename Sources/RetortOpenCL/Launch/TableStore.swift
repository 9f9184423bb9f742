/// Constant data of kernels, uploaded once when a plan is compiled; equal tables are shared.
struct TableStore {
  /// The bytes of each table.
  private(set) var contents: [[UInt8]] = []
  private var indices: [[UInt8]: Int] = [:]

  /// The index of the table of `values`.
  mutating func index<T: BitwiseCopyable>(of values: [T]) -> Int {
    let bytes = values.withUnsafeBytes { Array($0) }
    if let index = indices[bytes] { return index }
    contents.append(bytes)
    indices[bytes] = contents.count - 1
    return contents.count - 1
  }
}
