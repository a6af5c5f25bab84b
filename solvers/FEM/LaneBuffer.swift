import Mechanics

/// A fixed block of `Lanes` that element kernels write into: the one unsafe file of this target.
///
/// Bounds are asserted in debug builds only: every index a kernel uses is a product of loop counters
/// and the sizes the buffer was made with.
struct LaneBuffer: ~Copyable {
  private let base: UnsafeMutablePointer<Lanes>
  let count: Int

  /// `count` registers of zeros.
  init(_ count: Int) {
    self.count = count
    base = UnsafeMutablePointer<Lanes>.allocate(capacity: max(count, 1))
    base.initialize(repeating: Lanes(), count: count)
  }

  deinit { base.deallocate() }

  /// Register `i`.
  subscript(i: Int) -> Lanes {
    @inline(__always) get {
      assert(i >= 0 && i < count)
      return base[i]
    }
    @inline(__always) nonmutating set {
      assert(i >= 0 && i < count)
      base[i] = newValue
    }
  }

  /// Sets every register to zero.
  func clear() { base.update(repeating: Lanes(), count: count) }

  /// Adds lane `lane` of every register to `values[positions[offset + register]]`; a negative
  /// position is left out.
  @inline(__always)
  func scatter(lane: Int, positions: [Int32], offset: Int, into values: inout [Double]) {
    precondition(offset + count <= positions.count)
    base.withMemoryRebound(to: Double.self, capacity: 8 * count) { scalars in
      positions.withUnsafeBufferPointer { p in
        values.withUnsafeMutableBufferPointer { v in
          for i in 0..<count {
            let at = Int(p[offset + i])
            if at >= 0 { v[at] += scalars[8 * i + lane] }
          }
        }
      }
    }
  }
}
