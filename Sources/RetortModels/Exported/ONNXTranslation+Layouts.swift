import RetortCore
import RetortFormats
import RetortNN

extension ONNXTranslation {
  /// A value as a tensor of a layout.
  ///
  /// - Parameter kind: The kind of its elements; nil for its own.
  func tensor(
    _ id: Int32, _ layout: ExportedLayout, _ kind: ExportedValue.Kind? = nil
  ) throws(ExportError) -> String {
    let value = try value(id)
    let name = converted(value.name, from: value.kind, to: kind ?? value.kind, for: id)
    return try moved(name, extents(id), from: value.layout, to: layout, for: id)
  }

  /// A value as a tensor with its axes in the graph's order.
  func plain(
    _ id: Int32, _ kind: ExportedValue.Kind? = nil
  ) throws(ExportError) -> String {
    try tensor(id, .plain(rank(id)), kind)
  }

  private func converted(
    _ name: String, from old: ExportedValue.Kind, to new: ExportedValue.Kind, for id: Int32
  ) -> String {
    guard old != new else { return name }
    let code =
      switch new {
      case .number: 1
      case .integer: 7
      case .truth: 9
      }
    return move("Cast", [name], ["to": .int(code)], for: id)
  }

  private func moved(
    _ name: String, _ extents: [BatchExtent], from old: ExportedLayout, to new: ExportedLayout,
    for id: Int32
  ) throws(ExportError) -> String {
    guard old != new else { return name }
    let plain = ExportedLayout.plain(extents.count)
    switch (old, new) {
    case (.order(let from), .order(let to)):
      let order = to.map { from.firstIndex(of: $0) ?? $0 }
      let target = to.map { extents[$0] }
      // Axes of extent 1 move nothing.
      let moving = order.filter { extents[from[$0]] != .fixed(1) }
      return moving == moving.sorted()
        ? try reshaped(name, target, for: id) : transposed(name, order, for: id)
    case (.flattened(let image, let axis), .order):
      let inner = try reshaped(
        name, extents.split([image.channels, image.height, image.width], at: axis), for: id)
      let order = Self.order(extents.count + 2, moving: [axis + 1, axis + 2, axis], at: axis)
      let result = try reshaped(transposed(inner, order, for: id), extents, for: id)
      return try moved(result, extents, from: plain, to: new, for: id)
    case (.order, .flattened(let image, let axis)):
      let whole = try moved(name, extents, from: old, to: plain, for: id)
      let inner = try reshaped(
        whole, extents.split([image.height, image.width, image.channels], at: axis), for: id)
      let order = Self.order(extents.count + 2, moving: [axis + 2, axis, axis + 1], at: axis)
      return try reshaped(transposed(inner, order, for: id), extents, for: id)
    case (.flattened, .flattened):
      let whole = try moved(name, extents, from: old, to: plain, for: id)
      return try moved(whole, extents, from: plain, to: new, for: id)
    }
  }

  /// The axes of `rank` in order, with others from `place` on.
  private static func order(_ rank: Int, moving axes: [Int], at place: Int) -> [Int] {
    Array(0..<place) + axes + Array(place + axes.count..<rank)
  }

  func reshaped(
    _ name: String, _ extents: [BatchExtent], for id: Int32
  ) throws(ExportError) -> String {
    move("Reshape", [name, try shape(extents, for: id)], for: id)
  }

  private func transposed(_ name: String, _ order: [Int], for id: Int32) -> String {
    order == Array(order.indices)
      ? name : move("Transpose", [name], ["perm": .ints(order)], for: id)
  }

  // MARK: Element by element

  /// The layout in which a node is computed that combines operands: that of the first image, flattened or not,
  /// that is computed too and is as large as the result.
  ///
  /// Other orders of axes come of attention, and do not last.
  func layout(of id: Int32, _ operands: [Int32]) -> ExportedLayout {
    for operand in operands where rank(operand) == rank(id) {
      guard let layout = values[operand]?.layout, plan.fill(operand) == nil else { continue }
      if case .parameter? = plan.steps[Int(operand)] { continue }
      if layout == .channelsFirst { return layout }
      if case .flattened = layout, plan.shape(operand) == plan.shape(id) { return layout }
    }
    return .plain(rank(id))
  }

  /// A value as a tensor that broadcasts to one of `rank` axes in a layout.
  func spread(
    _ id: Int32, _ layout: ExportedLayout, rank whole: Int, _ kind: ExportedValue.Kind
  ) throws(ExportError) -> String {
    if let value = plan.fill(id) {
      return converted(number(value), from: .number, to: kind, for: id)
    }
    let missing = whole - rank(id)
    switch layout {
    case .flattened(let image, let axis):
      let own = axis - missing
      guard own >= 0, extents(id)[own] == .fixed(image.count) else { return try plain(id, kind) }
      return try tensor(id, .flattened(image, axis: own), kind)
    case .order(let order):
      if missing == 0 { return try tensor(id, layout, kind) }
      let name = try plain(id, kind)
      guard order != Array(order.indices), rank(id) > 0 else { return name }
      let padded = Array(repeating: BatchExtent.fixed(1), count: missing) + extents(id)
      let moving = order.filter { padded[$0] != .fixed(1) }
      guard moving == moving.sorted() else {
        return transposed(try reshaped(name, padded, for: id), order, for: id)
      }
      let target = order.map { padded[$0] }.drop { $0 == .fixed(1) }
      return try reshaped(name, Array(target), for: id)
    }
  }
}

extension [BatchExtent] {
  /// These extents with fixed ones in place of the one at `axis`.
  fileprivate func split(_ parts: [Int], at axis: Int) -> [BatchExtent] {
    self[..<axis] + parts.map { .fixed($0) } + self[(axis + 1)...]
  }
}
