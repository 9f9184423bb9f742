/// How one address range is spread over buffers that are no larger than a device allows.
///
/// The range is cut at multiples of the limit. A span that lies across a cut cannot be split, so
/// it moves to a buffer of that cut's own. All spans across one cut hold the same address, so none
/// of them are alive at one time and they share that buffer from its start.
struct RegionLayout {
  /// One piece of the range.
  struct Span: Hashable {
    var offset: Int
    var byteCount: Int
  }

  /// Bytes of each buffer.
  private(set) var byteCounts: [Int] = []
  private var pieces: [Int: Int] = [:]
  private var bridges: [Int: Int] = [:]
  private let limit: Int

  /// Lays out `spans`; `alignment` divides the limit that is used.
  init(_ spans: some Sequence<Span>, limit: Int, alignment: Int) {
    self.limit = max(alignment, limit / alignment * alignment)
    for span in spans { place(span) }
  }

  private func isAcross(_ span: Span) -> Bool {
    span.byteCount > 0 && span.offset / limit != (span.offset + span.byteCount - 1) / limit
  }

  private mutating func place(_ span: Span) {
    let cut = (span.offset + span.byteCount - 1) / limit
    let piece = span.offset / limit
    let (index, end) =
      isAcross(span)
      ? (Self.index(cut, in: &bridges, &byteCounts), span.byteCount)
      : (Self.index(piece, in: &pieces, &byteCounts), span.offset % limit + span.byteCount)
    byteCounts[index] = max(byteCounts[index], end)
  }

  private static func index(
    _ key: Int, in map: inout [Int: Int], _ byteCounts: inout [Int]
  ) -> Int {
    if let index = map[key] { return index }
    byteCounts.append(0)
    map[key] = byteCounts.count - 1
    return byteCounts.count - 1
  }

  /// The buffer that holds `span`, one of those laid out, and the span's offset in it.
  func location(of span: Span) -> (buffer: Int, offset: Int)? {
    if isAcross(span) {
      return bridges[(span.offset + span.byteCount - 1) / limit].map { ($0, 0) }
    }
    return pieces[span.offset / limit].map { ($0, span.offset % limit) }
  }
}
