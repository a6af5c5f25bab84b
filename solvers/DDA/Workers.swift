import Dispatch

/// Independent pieces of work shared among workers; what comes back does not depend on their number.
enum Workers {
  /// `body` of 0 to count − 1, in order of the numbers.
  static func map<T: Sendable>(
    _ count: Int, workers: Int, _ body: @Sendable (Int) -> T
  ) -> [T] {
    guard workers > 1, count > 1 else { return (0..<count).map(body) }
    // Every slot is written by exactly one worker, and read only after all have ended.
    return Array(unsafeUninitializedCapacity: count) { buffer, filled in
      nonisolated(unsafe) let base = buffer.baseAddress!
      let chunk = max(1, count / (4 * workers))
      let pieces = (count + chunk - 1) / chunk
      DispatchQueue.concurrentPerform(iterations: pieces) { piece in
        for n in piece * chunk..<min((piece + 1) * chunk, count) {
          (base + n).initialize(to: body(n))
        }
      }
      filled = count
    }
  }

  /// Writes `body` of 0 to count − 1 to `out`; each worker takes one run of neighbours.
  static func share<T>(
    _ count: Int, workers: Int, into out: UnsafeMutablePointer<T>, _ body: (Int) -> T
  ) {
    // `concurrentPerform` returns when all are done, and no two pieces write to one slot.
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let (base, work) = (out, body)
      let run = (count + workers - 1) / workers
      DispatchQueue.concurrentPerform(iterations: workers) { piece in
        for n in min(piece * run, count)..<min((piece + 1) * run, count) { base[n] = work(n) }
      }
    }
  }
}
