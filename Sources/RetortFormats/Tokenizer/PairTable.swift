/// A hash table from pairs of numbers to a number from 0, which is read far more often than written.
struct PairTable: Equatable, Sendable {
  private var keys: [UInt64] = Array(repeating: 0, count: 16)
  /// The value of each place; -1 for an empty one.
  private var values: [Int32] = Array(repeating: -1, count: 16)
  private var count = 0

  /// The number of the pair; -1 for none.
  subscript(first: Int32, second: UInt32) -> Int32 {
    get { values[place(of: Self.key(first, second))] }
    set {
      if 2 * count >= keys.count { grow() }
      let key = Self.key(first, second)
      let place = place(of: key)
      if values[place] < 0 { count += 1 }
      (keys[place], values[place]) = (key, newValue)
    }
  }

  /// The place of the key, or the empty one where it belongs.
  private func place(of key: UInt64) -> Int {
    let mask = keys.count - 1
    var mixed = (key ^ key >> 32) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 29
    var place = Int(truncatingIfNeeded: mixed) & mask
    while values[place] >= 0, keys[place] != key { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: 0, count: 2 * oldKeys.count)
    values = Array(repeating: -1, count: 2 * oldKeys.count)
    for (key, value) in zip(oldKeys, oldValues) where value >= 0 {
      let place = place(of: key)
      (keys[place], values[place]) = (key, value)
    }
  }

  private static func key(_ first: Int32, _ second: UInt32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(second)
  }
}
