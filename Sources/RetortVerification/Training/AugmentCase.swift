import RetortCore

/// An augmentation of images with its expected result.
package struct AugmentCase: Sendable, CustomStringConvertible {
  /// `[batch, height, width, channels]`.
  package let images: Shape
  package let padding: ImagePadding
  package let cutout: Int

  package init(_ images: Shape, _ padding: ImagePadding = .zero, cutout: Int = 0) {
    (self.images, self.padding, self.cutout) = (images, padding, cutout)
  }

  package static let all: [AugmentCase] =
    ImagePadding.allCases.flatMap { padding in
      [
        AugmentCase([1, 1, 1, 1], padding), AugmentCase([3, 1, 5, 2], padding, cutout: 1),
        AugmentCase([40, 5, 4, 3], padding), AugmentCase([40, 7, 33, 1], padding, cutout: 4),
        AugmentCase([20, 28, 28, 1], padding), AugmentCase([9, 6, 2, 3], padding, cutout: 50),
      ]
    } + [AugmentCase([0, 4, 4, 1])]

  package var description: String { "\(images) \(padding) \(cutout)" }

  private func numbers(_ count: Int, _ range: ClosedRange<Int>, _ stream: UInt32) -> [Int] {
    var generator = Philox4x32(seed: 3, stream: stream)
    return (0..<count).map { _ in
      range.lowerBound + Int(generator.next() >> 33) % range.count
    }
  }

  package var samples: [UInt8] { numbers(images.count, 0...255, 0).map(UInt8.init) }

  /// Moves of every kind: some without change, some that shift the image out of view.
  package var moves: [ImageMove] {
    (0..<images[0]).map { slot in
      var move = ImageMove()
      if slot % 7 == 0 { return move }
      let far = slot % 5 == 0 ? 3 : 1
      let (down, right) = (far * images[1], far * images[2])
      let words = numbers(5, 0...1 << 20, UInt32(slot + 1)).map(Int32.init)
      move.down = words[0] % Int32(2 * down + 1) - Int32(down)
      move.right = words[1] % Int32(2 * right + 1) - Int32(right)
      move.mirrored = words[2] % 2
      move.cutTop = words[3] % Int32(images[1]) - Int32(cutout / 2)
      move.cutLeft = words[4] % Int32(images[2]) - Int32(cutout / 2)
      return move
    }
  }

  /// The words of `moves`.
  package var words: [Int32] {
    moves.flatMap { [$0.down, $0.right, $0.mirrored, $0.cutTop, $0.cutLeft] }
  }

  /// The lookup table `[channels, 256]`, with distinct entries.
  package var table: [Float] { (0..<images[3] * 256).map { Float($0) / 255 - 0.3 } }

  /// The expected result by the definition, pixel by pixel.
  package var expected: [Float] {
    let (samples, moves, table) = (samples, moves, table)
    return moves.indices.flatMap { slot in
      Self.changed(
        samples[slot * images.count / images[0]..<(slot + 1) * images.count / images[0]],
        images, moves[slot], padding, cutout: cutout
      ).enumerated().map { table[$0 % images[3] * 256 + Int($1)] }
    }
  }

  /// One image's samples: mirrored, then padded and shifted, then cut out.
  package static func changed(
    _ samples: ArraySlice<UInt8>, _ images: Shape, _ move: ImageMove, _ padding: ImagePadding,
    cutout: Int
  ) -> [UInt8] {
    let (height, width, channels) = (images[1], images[2], images[3])
    let square = (rows: Int(move.cutTop), columns: Int(move.cutLeft))
    var result: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let isCut =
          (square.rows..<square.rows + cutout).contains(y)
          && (square.columns..<square.columns + cutout).contains(x)
        let row = place(y - Int(move.down), height, padding)
        let column = place(x - Int(move.right), width, padding).map {
          move.mirrored == 1 ? width - 1 - $0 : $0
        }
        for channel in 0..<channels {
          guard !isCut, let row, let column else {
            result.append(0)
            continue
          }
          result.append(samples[samples.startIndex + (row * width + column) * channels + channel])
        }
      }
    }
    return result
  }

  /// The source index for index `place` of a row or column of `count` pixels; nil for zero.
  private static func place(_ place: Int, _ count: Int, _ padding: ImagePadding) -> Int? {
    if padding == .zero { return (0..<count).contains(place) ? place : nil }
    var place = place
    while !(0..<count).contains(place) {
      let end = place < 0 ? 0 : count - 1
      place = padding == .edge || count == 1 ? end : 2 * end - place
    }
    return place
  }
}
