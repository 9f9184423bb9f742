import RetortCore
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  /// How often each task was done, by a pool of at most `limit` threads.
  private func counts(_ tasks: Int, limit: Int, helpers: Int) -> [Int] {
    let pool = ThreadPool(limit: limit)
    let done = Mutex(Array(repeating: 0, count: tasks))
    for _ in 0..<50 {
      let next = TaskCounter(tasks)
      pool.run(helpers: helpers) { worker in
        #expect((0...helpers).contains(worker))
        while let task = next.take() { done.withLock { $0[task] += 1 } }
      }
    }
    return done.withLock { $0 }
  }

  @Test(arguments: [0, 1, 3]) func everyTaskIsDoneOnce(_ limit: Int) {
    #expect(counts(17, limit: limit, helpers: 5) == Array(repeating: 50, count: 17))
    #expect(counts(1, limit: limit, helpers: 0) == [50])
  }

  @Test func workersHaveTheirOwnNumbers() {
    let pool = ThreadPool(limit: 4)
    for _ in 0..<100 {
      let seen = Mutex<[Int]>([])
      pool.run(helpers: 4) { worker in seen.withLock { $0.append(worker) } }
      let workers = seen.withLock { $0 }
      #expect(workers.contains(0) && Set(workers).count == workers.count)
    }
  }

  /// A caller within another's work does everything itself, and waits for nobody.
  @Test func workInsideWork() {
    let pool = ThreadPool(limit: 2)
    let done = Atomic<Int>(0)
    pool.run(helpers: 2) { _ in
      pool.run(helpers: 2) { worker in
        #expect(worker == 0)
        done.add(1, ordering: .relaxed)
      }
    }
    #expect((1...3).contains(done.load(ordering: .relaxed)))
  }

  @Test func numbersAreGivenOutOnce() {
    let sum = Atomic<Int>(0)
    ThreadPool.shared.perform(1000) { sum.add($0, ordering: .relaxed) }
    #expect(sum.load(ordering: .relaxed) == 499_500)
    ThreadPool.shared.perform(0) { _ in Issue.record("there was nothing to do") }
  }
}
