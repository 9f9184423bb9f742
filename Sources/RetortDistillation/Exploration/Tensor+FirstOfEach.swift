import RetortCore

extension Tensor {
  /// These numbers, int32 `[count]`, with -1 for one that equals another before it.
  func firstOfEach() -> Tensor {
    let (numbers, count) = (toFloat(), shape[0])
    let places = graph.constant((0..<count).map(Float.init), [count])
    let isBehind = places.reshape([count, 1]).greater(places.reshape([1, count]))
    let isEqual = numbers.reshape([count, 1]).equal(numbers.reshape([1, count]))
    return (isEqual * isBehind).maximum(axes: [1]).select(graph.fill(-1), numbers).toInteger()
  }
}
