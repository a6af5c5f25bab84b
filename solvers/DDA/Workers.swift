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
}

/// A range cut into chunks whose size does not depend on how many workers share them, so that sums do not either.
struct Chunks {
  let count: Int, workers: Int
  private let size: Int, enough: Int
  private let partial: Buffer<SIMD2<Double>>

  /// Chunks of a size; from `enough` of them on it is worth waking other workers up.
  init(_ count: Int, workers: Int, size: Int = 64, enough: Int = 8) {
    (self.count, self.workers, self.size, self.enough) = (count, workers, size, enough)
    partial = Buffer(repeating: SIMD2(), count: (count + size - 1) / size)
  }

  /// `body` of every chunk; the sum of what comes back, in the order of the chunks.
  @inline(__always)
  @discardableResult
  func sum(_ body: (Range<Int>) -> SIMD2<Double>) -> SIMD2<Double> {
    let pieces = partial.count
    // Small systems are done before another worker has woken up.
    guard workers > 1, pieces >= enough else {
      var sum = SIMD2<Double>()
      for n in 0..<pieces { sum += body(range(n)) }
      return sum
    }
    // `concurrentPerform` returns when all are done, and no two pieces write to one slot.
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let work = body
      let run = (pieces + workers - 1) / workers
      DispatchQueue.concurrentPerform(iterations: workers) { piece in
        for n in min(piece * run, pieces)..<min((piece + 1) * run, pieces) {
          partial[n] = work(range(n))
        }
      }
    }
    var sum = SIMD2<Double>()
    for n in 0..<pieces { sum += partial[n] }
    return sum
  }

  /// `body` of every chunk.
  @inline(__always)
  func each(_ body: (Range<Int>) -> Void) {
    sum { range in
      body(range)
      return SIMD2()
    }
  }

  @inline(__always)
  private func range(_ n: Int) -> Range<Int> { n * size..<min((n + 1) * size, count) }
}
