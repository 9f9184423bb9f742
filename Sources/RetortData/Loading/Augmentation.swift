/// Random changes to training pictures that leave their class as it is.
///
/// What happens to a picture is a pure function of (seed, step, slot in the batch).
public struct Augmentation: Equatable, Sendable {
  /// The most pixels by which a picture is moved up, down, left or right; what comes in is 0.
  public let shift: Int
  /// Whether every second picture, at random, is mirrored left to right.
  public let flip: Bool

  /// No change.
  public static let none = Augmentation()

  /// Makes an augmentation; `shift` is at least 0.
  public init(shift: Int = 0, flip: Bool = false) {
    precondition(shift >= 0, "a shift cannot be negative")
    self.shift = shift
    self.flip = flip
  }

  /// What happens to one picture: it is mirrored, then moved.
  struct Move: Equatable {
    var down = 0
    var right = 0
    var mirrored = false
  }

  func move(seed: UInt64, step: Int, slot: Int) -> Move {
    guard shift > 0 || flip else { return Move() }
    var generator = KeyedGenerator(seed: seed, stream: .augmentation, step: step, element: slot)
    let down = generator.number(below: 2 * shift + 1) - shift
    let right = generator.number(below: 2 * shift + 1) - shift
    let mirrored = generator.next() >> 63 == 1
    return Move(down: down, right: right, mirrored: flip && mirrored)
  }
}
