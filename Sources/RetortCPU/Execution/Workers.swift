import RetortCore

/// Threads that share the tasks of one step.
///
/// A task's result depends on its number only, not on the thread that runs it.
final class Workers: Sendable {
  let count: Int

  init(count: Int) { self.count = count }

  /// Runs `body` once for every task, with the number of the worker that runs it.
  func run(_ tasks: Int, _ body: (_ worker: Int, _ task: Int) -> Void) {
    let helpers = min(count, tasks) - 1
    guard helpers > 0 else {
      for task in 0..<max(0, tasks) { body(0, task) }
      return
    }
    let next = TaskCounter(tasks)
    ThreadPool.shared.run(helpers: helpers) { worker in
      while let task = next.take() { body(worker, task) }
    }
  }
}
