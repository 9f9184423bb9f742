import Glibc

/// How much tests try where they could try a great deal.
package enum Sweep {
  /// Whether to try all, as `make test-all` does, rather than the most telling cases.
  package static let isWhole = getenv("RETORT_TESTS").map { String(cString: $0) } == "all"
}
