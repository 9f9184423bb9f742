import RetortCore

/// How `Resize` computes each element along an axis of those of another extent.
struct ONNXSampling {
  /// A weighted sum of neighbours; those outside of the axis are its ends.
  struct Sample: Equatable {
    /// The place of the first neighbour.
    var first: Int
    var weights: [Double]
  }

  /// Whether the node is of a version before 11.
  let isOld: Bool
  private let mode: String
  private let coordinates: String
  private let rounding: String
  private let isAntialiased: Bool
  private let excludesOutside: Bool
  /// The number that cubic interpolation is told.
  private let cubic: Double

  /// Whether a region of the input is resized, which another input gives.
  var crops: Bool { coordinates == "tf_crop_and_resize" }

  init(_ call: ONNXCall) throws(ONNXFault) {
    isOld = call.opset < 11 || call.node.operation == "Upsample"
    mode = call.text("mode") ?? "nearest"
    coordinates =
      call.text("coordinate_transformation_mode") ?? (isOld ? "asymmetric" : "half_pixel")
    rounding = call.text("nearest_mode") ?? (isOld ? "floor" : "round_prefer_floor")
    isAntialiased = call.int("antialias", 0) != 0
    excludesOutside = call.int("exclude_outside", 0) != 0
    cubic = call.float("cubic_coeff_a", -0.75)
    guard ["nearest", "linear", "bilinear", "cubic"].contains(mode) else {
      throw ONNXFault("it interpolates by '\(mode)'; there is nearest, linear and cubic")
    }
    guard
      [
        "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric",
        "tf_crop_and_resize", "tf_half_pixel_for_nn",
      ].contains(coordinates)
    else { throw ONNXFault("its coordinates are '\(coordinates)'") }
    guard ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"].contains(rounding) else {
      throw ONNXFault("it rounds by '\(rounding)'")
    }
  }

  /// What each of `output` elements is made of; nil for one outside of the region's image.
  ///
  /// - Parameter region: The start and end of the region, in parts of the extent.
  func samples(
    _ extent: Int, _ output: Int, _ scale: Double, _ region: (Double, Double)?
  ) -> [Sample?] {
    (0..<output).map { index in
      let place = self.place(Double(index), Double(extent), Double(output), scale, region)
      if crops, !(0...Double(extent - 1)).contains(place) { return nil }
      var sample = mode == "nearest" ? nearest(place) : interpolated(place, scale)
      guard excludesOutside, mode != "nearest" else { return sample }
      for position in sample.weights.indices
      where !(0..<extent).contains(sample.first + position) { sample.weights[position] = 0 }
      let sum = sample.weights.reduce(0, +)
      if sum != 0 { sample.weights = sample.weights.map { $0 / sum } }
      return sample
    }
  }

  /// Where in the input an output lies.
  private func place(
    _ index: Double, _ length: Double, _ count: Double, _ scale: Double,
    _ region: (start: Double, end: Double)?
  ) -> Double {
    // Not rounded, as the operator's definition has it.
    let whole = scale * length
    switch coordinates {
    case "asymmetric": return index / scale
    case "align_corners": return whole == 1 ? 0 : index * (length - 1) / (whole - 1)
    case "tf_half_pixel_for_nn": return (index + 0.5) / scale
    case "pytorch_half_pixel": return count > 1 ? (index + 0.5) / scale - 0.5 : 0
    case "half_pixel_symmetric":
      return length / 2 * (1 - count / whole) + (index + 0.5) / scale - 0.5
    case "tf_crop_and_resize":
      let (start, end) = region ?? (0, 1)
      let part = (end - start) * (length - 1)
      return start * (length - 1) + (whole == 1 ? part / 2 : index * part / (whole - 1))
    default: return (index + 0.5) / scale - 0.5
    }
  }

  private func nearest(_ place: Double) -> Sample {
    let whole =
      switch rounding {
      case "floor": place.rounded(.down)
      case "ceil": place.rounded(.up)
      case "round_prefer_ceil": (place + 0.5).rounded(.down)
      default: (place - 0.5).rounded(.up)
      }
    return Sample(first: Int(whole), weights: [1])
  }

  /// Neighbours on both sides, more of them where an image without aliases shrinks.
  private func interpolated(_ place: Double, _ scale: Double) -> Sample {
    let reach = mode == "cubic" ? 2.0 : 1.0
    let shrinks = isAntialiased ? min(scale, 1) : 1
    // Of two whole places an element at one is that on the left's right.
    let base = place.rounded(.up) - 1
    let (ratio, first) = (place - base, Int((-reach / shrinks).rounded(.down)) + 1)
    let weights = (first...1 - first).map { offset in
      kernel(Swift.abs(Double(offset) - ratio) * shrinks)
    }
    let sum = weights.reduce(0, +)
    return Sample(
      first: Int(base) + first, weights: isAntialiased ? weights.map { $0 / sum } : weights)
  }

  /// The weight of a neighbour at a distance.
  private func kernel(_ x: Double) -> Double {
    guard mode == "cubic" else { return max(0, 1 - x) }
    if x <= 1 { return ((cubic + 2) * x - (cubic + 3)) * x * x + 1 }
    return x < 2 ? ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic : 0
  }
}
