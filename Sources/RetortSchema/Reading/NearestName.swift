import RetortCore

/// The nearest of `names` to `name`; nil if none is near enough for a hint.
package func nearest(to name: String, in names: [String]) -> String? {
  guard let found = nearestNames(to: name, in: names).first else { return nil }
  // `nearestNames` falls back to the least distant name; one with another beginning is no useful hint.
  return found.first == name.first || found.dropFirst().first == name.dropFirst().first
    ? found : nil
}
