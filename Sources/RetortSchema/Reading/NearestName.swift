import RetortCore

/// The name of `names` that a person may have meant by `name`, if one is near enough to say so.
package func nearest(to name: String, in names: [String]) -> String? {
  guard let found = nearestNames(to: name, in: names).first else { return nil }
  // `nearestNames` falls back to the least distant one; a name that shares no start is no guess.
  return found.first == name.first || found.dropFirst().first == name.dropFirst().first
    ? found : nil
}
