import Testing

@testable import RetortOpenCL

@Suite struct RegionLayoutTests {
  private typealias Span = RegionLayout.Span

  @Test func aRangeThatFitsIsOneBuffer() {
    let spans = [Span(offset: 0, byteCount: 512), Span(offset: 512, byteCount: 1024)]
    let layout = RegionLayout(spans, limit: 4096, alignment: 512)
    #expect(layout.byteCounts == [1536])
    #expect(layout.location(of: spans[1])?.offset == 512)
  }

  @Test(arguments: 0..<40)
  func livingSpansNeverOverlap(_ seed: Int) throws {
    var random = Numbers(state: UInt64(seed) &+ 1)
    // Spans that are disjoint in the range are alive together; those that overlap take turns.
    let spans = (0..<60).map { _ in
      Span(offset: 512 * random.below(80), byteCount: 512 * (1 + random.below(8)))
    }
    let limit = 4096 + random.below(3) * 700
    let layout = RegionLayout(spans, limit: limit, alignment: 512)
    #expect(layout.byteCounts.allSatisfy { $0 > 0 && $0 <= limit })
    for a in spans {
      let place = try #require(layout.location(of: a))
      #expect(place.offset % 512 == 0)
      #expect(place.offset + a.byteCount <= layout.byteCounts[place.buffer])
      for b in spans where a.offset + a.byteCount <= b.offset {
        let other = try #require(layout.location(of: b))
        #expect(
          place.buffer != other.buffer || place.offset + a.byteCount <= other.offset
            || other.offset + b.byteCount <= place.offset)
      }
    }
  }

  @Test func aSpanBeyondTheLimitKeepsItsSize() {
    let span = Span(offset: 512, byteCount: 9000)
    let layout = RegionLayout([span], limit: 4096, alignment: 512)
    #expect(layout.byteCounts == [9000])
  }
}

/// A small generator with a fixed sequence.
private struct Numbers {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
