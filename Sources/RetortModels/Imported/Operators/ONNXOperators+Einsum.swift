import RetortCore

extension ONNXOperators {
  /// Products summed over letters, of one or two tensors.
  static func einsum(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let equation = (call.text("equation") ?? "").filter { $0 != " " }
    let sides = equation.split(separator: "->", omittingEmptySubsequences: false)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let letters = terms.flatMap(\.self)
    guard sides.count <= 2, terms.count == call.inputs.count, (1...2).contains(terms.count),
      letters.allSatisfy(\.isLetter), terms.allSatisfy({ Set($0).count == $0.count })
    else {
      throw ONNXFault("'\(equation)' is not of one or two tensors with each letter once")
    }
    // Without an arrow the result has the letters that stand once, in order.
    let output =
      sides.count == 2
      ? Array(sides[1]) : letters.filter { x in letters.count { $0 == x } == 1 }.sorted()
    guard Set(output).count == output.count, Set(output).isSubset(of: letters) else {
      throw ONNXFault("'\(equation)' has no such result")
    }
    var operands: [(tensor: Tensor, letters: [Character])] = []
    for (index, term) in terms.enumerated() {
      let x = try call.tensor(index)
      guard x.shape.rank == term.count else {
        throw ONNXFault("\(x.shape) has not the axes of '\(String(term))'")
      }
      // What stands here alone is summed first.
      let others = Set(terms.enumerated().filter { $0.offset != index }.flatMap(\.element))
      let alone = term.indices.filter { !others.contains(term[$0]) && !output.contains(term[$0]) }
      let rest = term.indices.filter { !alone.contains($0) }.map { term[$0] }
      operands.append((alone.isEmpty ? x : x.sum(axes: alone), rest))
    }
    let (a, b) = (operands[0], operands.dropFirst().first)
    guard let b else {
      return [.plain(a.tensor.transpose(output.compactMap { a.letters.firstIndex(of: $0) }))]
    }
    return [.plain(try product(a, b, output))]
  }

  private static func product(
    _ a: (tensor: Tensor, letters: [Character]), _ b: (tensor: Tensor, letters: [Character]),
    _ output: [Character]
  ) throws(ONNXFault) -> Tensor {
    let shared = a.letters.filter { b.letters.contains($0) }
    let batch = shared.filter { output.contains($0) }
    let summed = shared.filter { !output.contains($0) }
    let (left, right) = (
      a.letters.filter { !shared.contains($0) }, b.letters.filter { !shared.contains($0) }
    )
    var extents: [Character: Int] = [:]
    for (tensor, letters) in [a, b] {
      for (axis, letter) in letters.enumerated() {
        guard extents[letter] ?? tensor.shape[axis] == tensor.shape[axis] else {
          throw ONNXFault("'\(letter)' has two extents")
        }
        extents[letter] = tensor.shape[axis]
      }
    }
    func count(_ letters: [Character]) -> Int { letters.reduce(1) { $0 * (extents[$1] ?? 1) } }
    func matrix(
      _ x: (tensor: Tensor, letters: [Character]), _ rows: [Character], _ columns: [Character]
    ) -> Tensor {
      let order = (batch + rows + columns).compactMap { x.letters.firstIndex(of: $0) }
      return x.tensor.transpose(order).reshape([count(batch), count(rows), count(columns)])
    }
    let product = matrix(a, left, summed).matmul(matrix(b, summed, right))
    let found = batch + left + right
    let shape = try Shape(onnx: found.map { extents[$0] ?? 1 })
    return product.reshape(to: shape).transpose(output.compactMap { found.firstIndex(of: $0) })
  }
}
