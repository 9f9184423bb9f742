import RetortCore
import RetortNN

extension Tensor {
  /// What the last layer makes this model's output of, `[batch, features]`: the operand of its product, or the means
  /// over places of that of a convolution; the output itself where neither made it.
  package var penultimate: Tensor {
    guard let features = lastProduct?.operand(0), features.shape.rank > 1,
      features.shape[0] == shape[0]
    else { return self }
    return features.shape.rank == 4 ? features.globalAveragePool() : features.flatten()
  }
}
