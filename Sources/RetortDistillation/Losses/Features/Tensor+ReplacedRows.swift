import RetortCore

extension Tensor {
  /// This table `[count, …]` with other rows at `ids`, int32 `[batch]`; for a row that is named twice, their mean.
  func replacingRows(at ids: Tensor, by rows: Tensor) -> Tensor {
    let ones = graph.fill(
      1, Shape([rows.shape[0]] + rows.shape.dimensions.dropFirst().map { _ in 1 }))
    let times = ones.scatterAdd(ids, rows: shape[0]).gather(ids)
    return self + ((rows - gather(ids)) / times).scatterAdd(ids, rows: shape[0])
  }

  /// This table `[count, …]` with other rows at `ids`, int32 `[batch]`, none of which is named twice; those outside the
  /// table are left out.
  func replacingDistinctRows(at ids: Tensor, by rows: Tensor) -> Tensor {
    self + (rows - gather(ids)).scatterAdd(ids, rows: shape[0])
  }
}
