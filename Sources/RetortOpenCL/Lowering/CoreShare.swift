/// The share of work that an item of a kernel for CPU devices is worth.
enum CoreShare {
  /// Elements of a work-item at least: below, waking another core costs more than it saves.
  ///
  /// Chosen by trial; `retort bench step --models mlp,resnet20 --profile` shows its effect.
  static let elements = 4096
  /// Work-items per core, so many that they even out what one core loses to other programs.
  ///
  /// Chosen by trial; `retort bench kernels` shows its effect. Fewer or more made products of 128³ no faster:
  /// Benchmarks/NOTES.md, "Tried and dropped".
  static let itemsPerCore = 8
}
