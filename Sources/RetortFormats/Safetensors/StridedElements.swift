extension ArraySlice<UInt8> {
  /// The bytes of an array's elements, the last index changing fastest; all of them lie here.
  ///
  /// - Parameters:
  ///   - shape: The array's extents.
  ///   - strides: The elements from one index of an axis to the next.
  ///   - offset: The first element, from the slice's beginning.
  ///   - width: The bytes of an element.
  ///   - size: The bytes of all elements.
  func elements(
    _ shape: [Int], strides: [Int], offset: Int = 0, width: Int, size: Int
  ) -> [UInt8] {
    var index = [Int](repeating: 0, count: shape.count)
    var place = offset
    return withUnsafeBytes { source in
      [UInt8](unsafeUninitializedCapacity: size) { target, filled in
        for start in stride(from: 0, to: size, by: width) {
          for byte in 0..<width { target[start + byte] = source[place * width + byte] }
          var axis = shape.count - 1
          while axis >= 0 {
            index[axis] += 1
            place += strides[axis]
            guard index[axis] == shape[axis] else { break }
            place -= shape[axis] * strides[axis]
            index[axis] = 0
            axis -= 1
          }
        }
        filled = size
      }
    }
  }
}
