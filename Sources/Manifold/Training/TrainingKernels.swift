import CManifoldKernels
import Dispatch
import Glibc
import Mechanics

// The unsafe code of training: sums over samples by several workers, and the optimisers' kernels.

/// Memory that starts at a cache line, as the kernels' whole registers want it; Swift's arrays do not
/// promise that.
package struct AlignedScratch: Sendable {
  private var storage: [Lanes]

  package init(_ count: Int) { storage = Array(repeating: Lanes(), count: (count + 7) / 8 + 1) }

  /// The memory for the length of a call; its contents do not outlive it.
  package mutating func withDoubles(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    storage.withUnsafeMutableBytes { raw in
      let start = raw.baseAddress!.alignedUp(toMultipleOf: 64)
      body(start.assumingMemoryBound(to: Double.self))
    }
  }
}

/// Sums of an objective over groups of samples.
///
/// The groups are cut into parts by their number alone; workers take parts, and the parts are added
/// first to last. With one worker nothing is allocated.
package struct ParallelSum: Sendable {
  /// At most this many parts, hence workers.
  static let partLimit = 16
  /// Groups that are worth a part of their own.
  static let partSize = 16

  let workers: Int
  private let sumCount: Int, scratchCount: Int
  private var parts: [Double], scratch: AlignedScratch
  /// The sums of the last `evaluate`.
  package private(set) var total: [Double]

  package init(sumCount: Int, scratchCount: Int, workers: Int) {
    self.workers = max(1, min(workers, ParallelSum.partLimit))
    self.sumCount = sumCount
    self.scratchCount = (scratchCount + 7) / 8 * 8
    parts = Array(repeating: 0, count: sumCount * ParallelSum.partLimit)
    scratch = AlignedScratch(self.scratchCount * self.workers)
    total = Array(repeating: 0, count: sumCount)
  }

  /// All processors of the machine.
  package static var allProcessors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Sums over `order[range]`.
  package mutating func evaluate(
    _ objective: some SampleObjective, _ order: [Int], _ range: Range<Int>, level: KernelLevel
  ) {
    let count = min(ParallelSum.partLimit, max(1, range.count / ParallelSum.partSize))
    let (workers, sumCount, scratchCount) = (min(workers, count), sumCount, scratchCount)
    order.withUnsafeBufferPointer { order in
      parts.withUnsafeMutableBufferPointer { parts in
        scratch.withDoubles { scratch in
          nonisolated(unsafe) let order = UnsafeBufferPointer(rebasing: order[range])
          nonisolated(unsafe) let parts = parts.baseAddress!
          nonisolated(unsafe) let scratch = scratch
          let run: @Sendable (Int) -> Void = { worker in
            for part in stride(from: worker, to: count, by: workers) {
              let sums = parts + part * sumCount
              sums.update(repeating: 0, count: sumCount)
              let groups = order.count * part / count..<order.count * (part + 1) / count
              objective.accumulate(
                UnsafeBufferPointer(rebasing: order[groups]), into: sums,
                scratch: scratch + scratchCount * worker)
            }
          }
          if workers == 1 {
            run(0)
          } else {
            DispatchQueue.concurrentPerform(iterations: workers, execute: run)
          }
        }
      }
    }
    parts.withUnsafeBufferPointer { parts in
      total.withUnsafeMutableBufferPointer { total in
        dm_add_up(sumCount, count, parts.baseAddress!, total.baseAddress!, level.rawValue)
      }
    }
  }
}

/// The state of Adam: running means of the gradient and of its square.
package struct AdamState {
  private var first: [Double], second: [Double]
  private var steps = 0

  package init(_ count: Int) {
    first = Array(repeating: 0, count: count)
    second = first
  }

  /// One step down `gradient`.
  package mutating func step(
    _ x: inout [Double], _ gradient: [Double], _ adam: Adam, rate: Double, level: KernelLevel
  ) {
    steps += 1
    let t = Double(steps)
    let (c1, c2) = (1 - pow(adam.beta1, t), (1 - pow(adam.beta2, t)).squareRoot())
    dm_adam(
      x.count, gradient, &first, &second, &x, adam.beta1, adam.beta2, rate * c2 / c1,
      adam.epsilon * c2, rate * adam.decay, level.rawValue)
  }
}

/// Muon's five Newton–Schulz steps on a matrix inside a flat array.
package struct Orthogonalisation {
  private var scratch: AlignedScratch

  package init(_ matrices: [MatrixPlace]) {
    let most = matrices.map { dm_orthogonalise_scratch(Int32($0.rows), Int32($0.columns)) }.max()
    scratch = AlignedScratch(Int(most ?? 0))
  }

  /// Replaces the matrix by its orthogonal factor, roughly: singular values end between about 0.68 and
  /// 1.13 (unless the matrix is nearly singular), not at 1.
  package mutating func apply(
    _ values: inout [Double], _ place: MatrixPlace, level: KernelLevel = .best
  ) {
    values.withUnsafeMutableBufferPointer { values in
      scratch.withDoubles { scratch in
        dm_orthogonalise(
          Int32(place.rows), Int32(place.columns), values.baseAddress! + place.start, scratch,
          level.rawValue)
      }
    }
  }
}
