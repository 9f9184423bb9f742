import Glibc
import RetortCore

/// A ring of slots that loading threads fill and one reader empties, in the order of their tickets.
///
/// Mutable state is accessed under the mutex only, except for a slot's memory: the loading thread owns it
/// from taking a ticket to marking it ready, the reader between `take` and `giveBack`.
final class PrefetchRing: @unchecked Sendable {
  private struct Slot {
    let fields: [UnsafeMutableRawBufferPointer]
    let labels: UnsafeMutableBufferPointer<Int32>
    var outcome: Result<PlannedBatch, DataError>?  // set when ready
  }

  private let loader: BatchLoader
  private let batchLimit: Int?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var slots: [Slot]
  private var order: BatchOrder
  private var issued = 0
  private var consumed = 0
  private var lastPosition: BatchOrder.Position
  private var isStopped = false

  init(loader: BatchLoader, order: BatchOrder, batchLimit: Int?, depth: Int) {
    self.loader = loader
    self.order = order
    self.batchLimit = batchLimit
    lastPosition = order.position
    slots = (0..<depth).map { _ in
      Slot(
        fields: loader.fields.map {
          .allocate(byteCount: order.batchSize * $0.byteCount, alignment: 64)
        },
        labels: .allocate(capacity: order.batchSize))
    }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    for slot in slots {
      for field in slot.fields { field.deallocate() }
      slot.labels.deallocate()
    }
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  var position: BatchOrder.Position { locked { lastPosition } }

  func stop() {
    locked {
      isStopped = true
      pthread_cond_broadcast(changed)
    }
  }

  /// The body of a loading thread: fills slots until stopped or out of batches.
  func work() {
    while fillNext() {}
  }

  /// Fills the next slot once it is free; false when stopped or out of batches.
  @discardableResult
  func fillNext() -> Bool {
    guard let (ticket, plan, slot) = nextTask() else { return false }
    let outcome = Result { () throws(DataError) in
      try loader.load(plan, fields: slot.fields, labels: slot.labels)
      return plan
    }
    locked {
      slots[ticket % slots.count].outcome = outcome
      pthread_cond_broadcast(changed)
    }
    return true
  }

  /// The next batch in order, once it is ready; nil after the last.
  ///
  /// - Throws: The error of the batch, at this call and at every later one.
  func take() throws(DataError) -> LoadedBatch? {
    let found = locked { () -> Result<LoadedBatch, DataError>? in
      if let batchLimit, consumed >= batchLimit { return nil }
      let place = consumed % slots.count
      while slots[place].outcome == nil { pthread_cond_wait(changed, mutex) }
      return slots[place].outcome?.map { plan in
        lastPosition = plan.following
        return loaded(plan, place)
      }
    }
    return try found?.get()
  }

  /// The batch in the slot at `place`.
  private func loaded(_ plan: PlannedBatch, _ place: Int) -> LoadedBatch {
    let count = plan.indices.count
    return LoadedBatch(
      plan: plan,
      fields: zip(slots[place].fields, loader.fields).map { memory, field in
        UnsafeRawBufferPointer(rebasing: memory[..<(count * field.byteCount)])
      },
      labels: UnsafeBufferPointer(rebasing: slots[place].labels[..<count]))
  }

  /// Frees the slot returned by `take`.
  func giveBack() {
    locked {
      slots[consumed % slots.count].outcome = nil
      consumed += 1
      pthread_cond_broadcast(changed)
    }
  }

  private func nextTask() -> (ticket: Int, plan: PlannedBatch, slot: Slot)? {
    locked {
      while !isStopped, issued >= consumed + slots.count, issued < batchLimit ?? .max {
        pthread_cond_wait(changed, mutex)
      }
      guard !isStopped, issued < batchLimit ?? .max else { return nil }
      let ticket = issued
      issued += 1
      return (ticket, order.next(), slots[ticket % slots.count])
    }
  }

  private func locked<T>(_ body: () -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
