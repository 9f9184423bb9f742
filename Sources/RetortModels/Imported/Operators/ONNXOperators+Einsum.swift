import RetortCore

extension ONNXOperators {
  /// A tensor whose axes have letters.
  private struct Lettered {
    var tensor: Tensor
    var letters: [Character]

    /// The sum over the letters that are not among `kept`.
    func summed(keeping kept: Set<Character>) -> Lettered {
      let axes = letters.indices.filter { !kept.contains(letters[$0]) }
      guard !axes.isEmpty else { return self }
      return Lettered(tensor: tensor.sum(axes: axes), letters: letters.filter(kept.contains))
    }
  }

  /// Products summed over letters.
  static func einsum(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let equation = (call.text("equation") ?? "").filter { $0 != " " }
    let sides = equation.replacing("...", with: ".").split(
      separator: "->", omittingEmptySubsequences: false)
    let terms = (sides.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
      .map(Array.init)
    guard sides.count <= 2, terms.count == call.inputs.count,
      (terms + sides.dropFirst().map(Array.init)).allSatisfy({ term in
        term.allSatisfy { $0.isLetter || $0 == "." } && term.count { $0 == "." } <= 1
      })
    else { throw ONNXFault("'\(equation)' is no product of \(call.inputs.count) tensors") }
    // Axes that dots stand for are counted from the last, which is "0".
    var dots: [Character] = []
    var operands: [Lettered] = []
    for (index, term) in terms.enumerated() {
      let x = try call.tensor(index)
      let more = x.shape.rank - term.count { $0 != "." }
      guard term.contains(".") ? more >= 0 : more == 0 else {
        throw ONNXFault("\(x.shape) has not the axes of '\(String(term))'")
      }
      let own = (0..<more).reversed().map { Character("\($0)") }
      if own.count > dots.count { dots = own }
      operands.append(
        try diagonal(Lettered(tensor: x, letters: term.flatMap { $0 == "." ? own : [$0] })))
    }
    // Without an arrow the result has the letters that stand once, in order.
    let all = terms.flatMap(\.self).filter { $0 != "." }
    let output =
      sides.count == 2
      ? sides[1].flatMap { $0 == "." ? dots : [$0] }
      : dots + all.filter { x in all.count { $0 == x } == 1 }.sorted()
    guard Set(output).count == output.count, Set(output).isSubset(of: all + dots) else {
      throw ONNXFault("'\(equation)' has no such result")
    }
    return [.plain(try product(of: operands, output))]
  }

  /// The product of all operands, from the first to the last.
  private static func product(
    of operands: [Lettered], _ output: [Character]
  ) throws(ONNXFault) -> Tensor {
    let operands = try withoutRepeats(operands)
    guard var result = operands.first else { throw ONNXFault("it has no input") }
    for (index, operand) in operands.enumerated().dropFirst() {
      let kept = Set(output + operands[(index + 1)...].flatMap(\.letters))
      result = try product(
        result.summed(keeping: kept.union(operand.letters)),
        operand.summed(keeping: kept.union(result.letters)), kept)
      guard result.tensor.graph.error == nil else { return result.tensor }
    }
    result = result.summed(keeping: Set(output))
    return result.tensor.transpose(output.compactMap { result.letters.firstIndex(of: $0) })
  }

  /// Operands without the axes of extent 1 that are longer elsewhere.
  private static func withoutRepeats(_ operands: [Lettered]) throws(ONNXFault) -> [Lettered] {
    var extents: [Character: Int] = [:]
    for operand in operands {
      for (axis, letter) in operand.letters.enumerated() {
        let (found, known) = (operand.tensor.shape[axis], extents[letter] ?? 1)
        guard found == known || found == 1 || known == 1 else {
          throw ONNXFault("'\(letter)' has extents \(known) and \(found)")
        }
        extents[letter] = known == 1 ? found : known
      }
    }
    return operands.map { operand in
      let axes = operand.letters.indices.filter {
        operand.tensor.shape[$0] == extents[operand.letters[$0]]
      }
      return Lettered(
        tensor: operand.tensor.reshape(axes.map { operand.tensor.shape[$0] }),
        letters: axes.map { operand.letters[$0] })
    }
  }

  /// The elements whose places along axes of one letter are equal.
  private static func diagonal(_ operand: Lettered) throws(ONNXFault) -> Lettered {
    var (x, letters) = (operand.tensor, operand.letters)
    while let second = letters.indices.first(where: { letters[..<$0].contains(letters[$0]) }),
      let first = letters.firstIndex(of: letters[second])
    {
      let extent = x.shape[first]
      guard extent == x.shape[second] else {
        throw ONNXFault("'\(letters[first])' has two extents in \(x.shape)")
      }
      let rest = letters.indices.filter { $0 != first && $0 != second }
      let outer = rest.map { x.shape[$0] }
      let rows = x.transpose(rest + [first, second]).reshape(outer + [extent * extent])
      x = try gathered(rows, (0..<extent).map { $0 * (extent + 1) }, axis: outer.count)
      letters = rest.map { letters[$0] } + [letters[first]]
    }
    return Lettered(tensor: x, letters: letters)
  }

  /// The product of two operands, summed over the letters of both that are not among `kept`.
  private static func product(
    _ a: Lettered, _ b: Lettered, _ kept: Set<Character>
  ) throws(ONNXFault) -> Lettered {
    let shared = a.letters.filter { b.letters.contains($0) }
    let batch = shared.filter { kept.contains($0) }
    let summed = shared.filter { !kept.contains($0) }
    let left = a.letters.filter { !shared.contains($0) }
    let right = b.letters.filter { !shared.contains($0) }
    var extents: [Character: Int] = [:]
    for operand in [a, b] {
      for (axis, letter) in operand.letters.enumerated() {
        extents[letter] = operand.tensor.shape[axis]
      }
    }
    func count(_ letters: [Character]) -> Int { letters.reduce(1) { $0 * (extents[$1] ?? 1) } }
    func matrix(_ x: Lettered, _ rows: [Character], _ columns: [Character]) -> Tensor {
      let order = (batch + rows + columns).compactMap { x.letters.firstIndex(of: $0) }
      return x.tensor.transpose(order).reshape([count(batch), count(rows), count(columns)])
    }
    let product = matrix(a, left, summed).matmul(matrix(b, summed, right))
    let letters = batch + left + right
    let shape = try Shape(onnx: letters.map { extents[$0] ?? 1 })
    return Lettered(tensor: product.reshape(to: shape), letters: letters)
  }
}
