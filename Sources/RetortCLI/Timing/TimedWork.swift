/// What `retort bench step` times: a training step, or a model's outputs.
protocol TimedWork: AnyObject {
  /// Enqueues one run; does not wait.
  func run() throws
  /// Waits until everything enqueued has finished.
  func finish() throws
  /// Waits, and throws for results that are not numbers, as their time means nothing.
  func check() throws
  /// The number of kernel launches of one run.
  var launchCount: Int { get }
  /// The device memory besides weights, in bytes.
  var byteCount: Int { get }
}
