import Contact
import Glibc
import Mechanics

/// A symmetric positive definite system in blocks of 6 or 12 unknowns: columns of a block stand in registers
/// of eight, so that a product is one multiplication and addition per column.
///
/// Every row of blocks has its own copies, so that a product with the matrix needs nothing but reading, and rows can be
/// shared among workers. Sums run over chunks of rows whose size does not depend on the workers: the bits neither.
final class BlockSystem {
  let unknowns: Int, lanes: Int, count: Int, workers: Int
  /// First off-diagonal block of every row, and the column of each.
  let rowStart: [Int32], columns: [Int32]
  /// Where block ij and block ji of every pair stand among the off-diagonal ones.
  let places: [(upper: Int32, lower: Int32)]
  /// Entries: column c of block k begins at `(k * unknowns + c) * lanes`.
  let diagonal: LaneBuffer, off: LaneBuffer
  private let inverse: LaneBuffer
  /// Right side and solution.
  let rhs: LaneBuffer, x: LaneBuffer
  private let residual: LaneBuffer, search: LaneBuffer, product: LaneBuffer
  private let refined: LaneBuffer
  private var partial: [SIMD2<Double>]
  /// Rows in a chunk.
  private static let chunk = 64

  /// Room for `count` blocks and pairs i < j in ascending order.
  init(unknowns: Int, count: Int, pairs: [(i: Int32, j: Int32)], workers: Int) {
    (self.unknowns, self.count, self.workers) = (unknowns, count, workers)
    lanes = (unknowns + 7) / 8
    var start = [Int32](repeating: 0, count: count + 1)
    for p in pairs {
      start[Int(p.i) + 1] += 1
      start[Int(p.j) + 1] += 1
    }
    for i in 0..<count { start[i + 1] += start[i] }
    var next = start
    var columns = [Int32](repeating: 0, count: 2 * pairs.count)
    var places: [(Int32, Int32)] = []
    places.reserveCapacity(pairs.count)
    for p in pairs {
      let (u, l) = (next[Int(p.i)], next[Int(p.j)])
      columns[Int(u)] = p.j
      columns[Int(l)] = p.i
      next[Int(p.i)] += 1
      next[Int(p.j)] += 1
      places.append((u, l))
    }
    (rowStart, self.columns, self.places) = (start, columns, places)
    let width = unknowns * lanes
    diagonal = LaneBuffer(count * width)
    inverse = LaneBuffer(count * width)
    off = LaneBuffer(columns.count * width)
    rhs = LaneBuffer(count * lanes)
    x = LaneBuffer(count * lanes)
    residual = LaneBuffer(count * lanes)
    search = LaneBuffer(count * lanes)
    product = LaneBuffer(count * lanes)
    refined = LaneBuffer(count * lanes)
    partial = Array(repeating: SIMD2(), count: (count + Self.chunk - 1) / Self.chunk)
  }

  /// y = A v.
  func multiply(_ v: LaneBuffer, into y: LaneBuffer) {
    overChunks { rows in
      for i in rows { self.row(i, v.base, y.base) }
      return SIMD2()
    }
  }

  @inline(__always)
  private func row(
    _ i: Int, _ v: UnsafeMutablePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>
  ) {
    let width = unknowns * lanes
    let (from, to) = (Int(rowStart[i]), Int(rowStart[i + 1]))
    if lanes == 1 {
      var sum = BlockKernels.apply6(diagonal.base + i * 6, v[i], Lanes())
      for k in from..<to {
        sum = BlockKernels.apply6(off.base + k * 6, v[Int(columns[k])], sum)
      }
      y[i] = sum
    } else {
      y[2 * i] = Lanes()
      y[2 * i + 1] = Lanes()
      BlockKernels.apply12(diagonal.base + i * width, v + 2 * i, y + 2 * i)
      for k in from..<to {
        BlockKernels.apply12(off.base + k * width, v + 2 * Int(columns[k]), y + 2 * i)
      }
    }
  }

  /// Conjugate gradients with the inverse diagonal blocks as preconditioner (block Jacobi), from zero.
  ///
  /// - Parameters:
  ///   - tolerance: of the residual's Euclidean norm, absolute.
  ///   - isNew: whether the matrix has changed since the last solution.
  /// - Returns: iterations, or nil where the matrix is not positive definite or the limit is met.
  func solve(tolerance: Double, limit: Int, isNew: Bool) -> Int? {
    guard !isNew || invertDiagonal() else { return nil }
    let stop = tolerance * tolerance
    var sums = overChunks { rows in
      for i in rows.lowerBound * self.lanes..<rows.upperBound * self.lanes {
        self.x[i] = Lanes()
        self.residual[i] = self.rhs[i]
      }
      return self.refine(rows)
    }
    guard sums.x > stop else { return 0 }
    var (rz, share) = (sums.y, 0.0)
    for iteration in 1...max(limit, 1) {
      let beta = share
      _ = overChunks { rows in
        for i in rows.lowerBound * self.lanes..<rows.upperBound * self.lanes {
          self.search[i] = self.refined[i] + beta * self.search[i]
        }
        return SIMD2()
      }
      let curvature = overChunks { rows in
        var sum = Lanes()
        for i in rows { self.row(i, self.search.base, self.product.base) }
        for i in rows.lowerBound * self.lanes..<rows.upperBound * self.lanes {
          sum += self.search[i] * self.product[i]
        }
        return SIMD2(sum.sum(), 0)
      }.x
      guard curvature > 0, curvature.isFinite else { return nil }
      let step = rz / curvature
      sums = overChunks { rows in
        for i in rows.lowerBound * self.lanes..<rows.upperBound * self.lanes {
          self.x[i] += step * self.search[i]
          self.residual[i] -= step * self.product[i]
        }
        return self.refine(rows)
      }
      if sums.x <= stop { return iteration }
      share = sums.y / rz
      rz = sums.y
    }
    return nil
  }

  /// Preconditions the residual of some rows; its square, and its product with what comes out.
  @inline(__always)
  private func refine(_ rows: Range<Int>) -> SIMD2<Double> {
    var (rr, rz) = (Lanes(), Lanes())
    if lanes == 1 {
      for i in rows {
        let r = residual[i]
        let z = BlockKernels.apply6(inverse.base + i * 6, r, Lanes())
        refined[i] = z
        rr += r * r
        rz += r * z
      }
    } else {
      for i in rows {
        refined[2 * i] = Lanes()
        refined[2 * i + 1] = Lanes()
        BlockKernels.apply12(inverse.base + i * 24, residual.base + 2 * i, refined.base + 2 * i)
        for l in 2 * i..<2 * i + 2 {
          rr += residual[l] * residual[l]
          rz += residual[l] * refined[l]
        }
      }
    }
    return SIMD2(rr.sum(), rz.sum())
  }

  private func invertDiagonal() -> Bool {
    let width = unknowns * lanes
    let bad = overChunks { rows in
      var bad = 0.0
      for b in rows {
        let target = self.inverse.base + b * width
        target.update(from: self.diagonal.base + b * width, count: width)
        let good =
          self.lanes == 1
          ? BlockKernels.invert6(target)
          : BlockKernels.invert(target, unknowns: self.unknowns, lanes: self.lanes)
        if !good { bad += 1 }
      }
      return SIMD2(bad, 0)
    }
    return bad.x == 0
  }

  /// `body` of every chunk of rows; the sum of what comes back, in the order of the chunks.
  @inline(__always)
  @discardableResult
  private func overChunks(_ body: (Range<Int>) -> SIMD2<Double>) -> SIMD2<Double> {
    let pieces = partial.count
    func rows(_ n: Int) -> Range<Int> {
      n * Self.chunk..<min((n + 1) * Self.chunk, count)
    }
    // Small systems are done before another worker has woken up.
    guard workers > 1, pieces >= 4 else {
      var sum = SIMD2<Double>()
      for n in 0..<pieces { sum += body(rows(n)) }
      return sum
    }
    partial.withUnsafeMutableBufferPointer { partial in
      Workers.share(pieces, workers: workers, into: partial.baseAddress!) { body(rows($0)) }
    }
    return partial.reduce(SIMD2(), +)
  }
}
