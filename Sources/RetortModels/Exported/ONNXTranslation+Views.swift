import RetortCore
import RetortFormats
import RetortNN

extension ONNXTranslation {
  /// The same elements under other extents.
  func reshape(_ x: Int32, _ id: Int32) throws(ExportError) -> ExportedValue {
    let value = try value(x)
    let (from, to) = (extents(x), extents(id))
    func result(
      _ name: String, _ extents: [BatchExtent], _ layout: ExportedLayout
    ) throws(ExportError) -> ExportedValue {
      ExportedValue(
        name: try reshaped(name, extents, for: id), layout: layout, kind: value.kind)
    }
    if value.layout == .channelsFirst, let image = ImageSize(from), to.first == from[0] {
      if to == [from[0], .fixed(image.count)] {
        return try result(value.name, to, .flat(image, axis: 1, rank: 2))
      }
      let pixels = BatchExtent.fixed(image.height * image.width)
      if to == [from[0], pixels, from[3]] {
        return try result(value.name, [to[0], to[2], to[1]], .order([0, 2, 1]))
      }
    }
    if case .flattened(let image, axis: 1) = value.layout, to.count == 4, from.count == 2,
      to[0] == from[0], ImageSize(to) == image
    {
      return try result(value.name, [to[0], to[3], to[1], to[2]], .channelsFirst)
    }
    // Where only axes of extent 1 have moved, elements lie in order.
    if case .order(let order) = value.layout {
      let moving = order.filter { from[$0] != .fixed(1) }
      if moving == moving.sorted() { return try result(value.name, to, .plain(to.count)) }
    }
    return try result(try plain(x), to, .plain(to.count))
  }

  /// The axes in another order; no element moves until it must.
  func transpose(_ x: Int32, _ axes: [Int]) throws(ExportError) -> ExportedValue {
    var value = try ordered(x, nil)
    if case .order(let order) = value.layout {
      value.layout = .order(order.map { axes.firstIndex(of: $0) ?? $0 })
    }
    return value
  }

  /// A block.
  func slice(_ x: Int32, _ starts: [Int], _ id: Int32) throws(ExportError) -> ExportedValue {
    let value = try ordered(x, nil)
    var parts: [(axis: Int, start: Int, end: Int)] = []
    for (axis, (from, to)) in zip(extents(x), extents(id)).enumerated() where from != to {
      guard case .fixed = from, case .fixed(let count) = to else { throw fixed(id) }
      parts.append((value.layout.place(of: axis), starts[axis], starts[axis] + count))
    }
    let inputs = [
      value.name, integers(parts.map(\.start)), integers(parts.map(\.end)),
      integers(parts.map(\.axis)),
    ]
    return ExportedValue(
      name: add("Slice", inputs, for: id), layout: value.layout, kind: value.kind)
  }

  /// Values joined along an axis.
  func concatenate(_ axis: Int, _ id: Int32) throws(ExportError) -> ExportedValue {
    let operands = Array(plan.trace.graph.operands(id))
    var found: [ExportedValue] = []
    for operand in operands { found.append(try value(operand)) }
    var layout = layout(of: id, operands)
    if case .flattened = layout { layout = .plain(rank(id)) }
    let kind = found.allSatisfy { $0.kind == .integer } ? ExportedValue.Kind.integer : .number
    var inputs: [String] = []
    for operand in operands { inputs.append(try tensor(operand, layout, kind)) }
    return ExportedValue(
      name: add("Concat", inputs, ["axis": .int(layout.place(of: axis))], for: id),
      layout: layout, kind: kind)
  }

  /// Zeros around a value.
  func pad(_ x: Int32, _ low: [Int], _ id: Int32) throws(ExportError) -> ExportedValue {
    let value = try ordered(x)
    var high = Array(repeating: 0, count: low.count)
    for (axis, (from, to)) in zip(extents(x), extents(id)).enumerated() where from != to {
      guard case .fixed(let before) = from, case .fixed(let after) = to else { throw fixed(id) }
      high[axis] = after - before - low[axis]
    }
    let pads = value.layout.stored(low) + value.layout.stored(high)
    return ExportedValue(
      name: add("Pad", [value.name, integers(pads)], for: id), layout: value.layout)
  }
}

extension ImageSize {
  /// The size of images of extents `[batch, height, width, channels]`; nil for others.
  fileprivate init?(_ extents: [BatchExtent]) {
    guard extents.count == 4, case .fixed(let height) = extents[1],
      case .fixed(let width) = extents[2], case .fixed(let channels) = extents[3]
    else { return nil }
    self.init(height: height, width: width, channels: channels)
  }
}
