import Contact
import Glibc
import Mechanics

/// Which blocks of an island share contacts or bolts: the pattern of its matrix, the same while a list of contacts
/// holds.
struct BlockPattern: Sendable, Equatable {
  /// First off-diagonal block of every row, and the column of each.
  var rowStart: [Int32] = [0], columns: [Int32] = []
  /// Off-diagonal blocks ij and ji of every contact and of every bolt of the island, −1 where a side is fixed.
  var contacts: [SIMD2<Int32>] = [], bolts: [SIMD2<Int32>] = []

  init() {}

  /// Of blocks 0 to count − 1; sides that are fixed are −1.
  init(_ count: Int, contacts: [SIMD2<Int32>], bolts: [SIMD2<Int32>]) {
    func code(_ p: SIMD2<Int32>) -> UInt64? {
      p.x >= 0 && p.y >= 0 && p.x != p.y
        ? UInt64(min(p.x, p.y)) << 32 | UInt64(max(p.x, p.y)) : nil
    }
    let unique = Self.unique(contacts.compactMap(code) + bolts.compactMap(code))
    rowStart = Array(repeating: 0, count: count + 1)
    let ends = unique.map { (Int($0 >> 32), Int($0 & 0xFFFF_FFFF)) }
    for (i, j) in ends {
      rowStart[i + 1] += 1
      rowStart[j + 1] += 1
    }
    for i in 0..<count { rowStart[i + 1] += rowStart[i] }
    var next = rowStart
    columns = Array(repeating: 0, count: 2 * ends.count)
    var places: [SIMD2<Int32>] = []
    places.reserveCapacity(ends.count)
    for (i, j) in ends {
      places.append(SIMD2(next[i], next[j]))
      columns[Int(next[i])] = Int32(j)
      columns[Int(next[j])] = Int32(i)
      next[i] += 1
      next[j] += 1
    }
    func find(_ p: SIMD2<Int32>) -> SIMD2<Int32> {
      guard let k = code(p) else { return SIMD2(-1, -1) }
      var (low, high) = (0, unique.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if unique[middle] <= k { low = middle } else { high = middle }
      }
      return p.x < p.y ? places[low] : SIMD2(places[low].y, places[low].x)
    }
    self.contacts = contacts.map(find)
    self.bolts = bolts.map(find)
  }

  private static func unique(_ codes: [UInt64]) -> [UInt64] {
    var out: [UInt64] = []
    for k in codes.sorted() where out.last != k { out.append(k) }
    return out
  }
}

/// A symmetric positive definite system in blocks of 6 or 12 unknowns: columns of a block stand in registers
/// of eight, so that a product is one multiplication and addition per column.
///
/// Every row of blocks has its own copies, so that a product with the matrix needs nothing but reading, and rows can be
/// shared among workers. Sums run over chunks of rows whose size does not depend on the workers: the bits neither.
final class BlockSystem {
  let unknowns: Int, lanes: Int, count: Int
  let rows: Chunks
  let rowStart: Buffer<Int32>, columns: Buffer<Int32>
  /// Entries: column c of block k begins at `(k * unknowns + c) * lanes`.
  let diagonal: LaneBuffer, off: LaneBuffer
  private let inverse: LaneBuffer
  /// Right side and solution.
  let rhs: LaneBuffer, x: LaneBuffer
  private let residual: LaneBuffer, search: LaneBuffer, product: LaneBuffer
  private let refined: LaneBuffer

  /// Room for `count` blocks with a pattern; entries are undefined.
  init(unknowns: Int, count: Int, pattern: BlockPattern, workers: Int) {
    (self.unknowns, self.count) = (unknowns, count)
    lanes = (unknowns + 7) / 8
    rows = Chunks(count, workers: workers)
    rowStart = Buffer(pattern.rowStart.count)
    for (i, v) in pattern.rowStart.enumerated() { rowStart[i] = v }
    columns = Buffer(pattern.columns.count)
    for (i, v) in pattern.columns.enumerated() { columns[i] = v }
    let width = unknowns * lanes
    diagonal = LaneBuffer(count * width)
    inverse = LaneBuffer(count * width)
    off = LaneBuffer(columns.count * width)
    rhs = LaneBuffer(count * lanes)
    x = LaneBuffer(count * lanes)
    residual = LaneBuffer(count * lanes)
    search = .zeros(count * lanes)
    product = LaneBuffer(count * lanes)
    refined = LaneBuffer(count * lanes)
  }

  /// Row i of A times v.
  @inline(__always)
  private func row(_ i: Int, _ v: LaneBuffer) -> LanePair {
    let (from, to) = (Int(rowStart[i]), Int(rowStart[i + 1]))
    var out = LanePair()
    if lanes == 1 {
      out.first = BlockKernels.apply6(diagonal, i * 6, v[i], Lanes())
      for k in from..<to {
        out.first = BlockKernels.apply6(off, k * 6, v[Int(columns[k])], out.first)
      }
    } else {
      out = BlockKernels.apply12(diagonal, i * 24, v.pair(i, 2), out)
      for k in from..<to {
        out = BlockKernels.apply12(off, k * 24, v.pair(Int(columns[k]), 2), out)
      }
    }
    return out
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
    let (x, residual, search, refined) = (x, residual, search, refined)
    let (product, rhs, lanes) = (product, rhs, lanes)
    var sums = rows.sum { rows in
      for i in rows.lowerBound * lanes..<rows.upperBound * lanes {
        x[i] = Lanes()
        residual[i] = rhs[i]
      }
      return refine(rows)
    }
    guard sums.x > stop else { return 0 }
    var (rz, share) = (sums.y, 0.0)
    for iteration in 1...max(limit, 1) {
      let beta = share
      rows.each { rows in
        for i in rows.lowerBound * lanes..<rows.upperBound * lanes {
          search[i] = refined[i] + beta * search[i]
        }
      }
      let curvature = rows.sum { rows in
        var sum = 0.0
        for i in rows {
          let y = row(i, search)
          product.set(i, lanes, y)
          sum += search.pair(i, lanes).dot(y)
        }
        return SIMD2(sum, 0)
      }.x
      guard curvature > 0, curvature.isFinite else { return nil }
      let step = rz / curvature
      sums = rows.sum { rows in
        for i in rows.lowerBound * lanes..<rows.upperBound * lanes {
          x[i] += step * search[i]
          residual[i] -= step * product[i]
        }
        return refine(rows)
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
    let width = unknowns * lanes
    for i in rows {
      let r = residual.pair(i, lanes)
      let z = BlockKernels.apply(inverse, i * width, r, LanePair(), lanes: lanes)
      refined.set(i, lanes, z)
      rr += r.first * r.first + r.second * r.second
      rz += r.first * z.first + r.second * z.second
    }
    return SIMD2(rr.sum(), rz.sum())
  }

  private func invertDiagonal() -> Bool {
    let width = unknowns * lanes
    let bad = rows.sum { rows in
      inverse.copy(
        rows.lowerBound * width..<rows.upperBound * width, of: diagonal,
        at: rows.lowerBound * width)
      var bad = 0.0
      for b in rows
      where !BlockKernels.invert(inverse, b * width, unknowns: unknowns, lanes: lanes) {
        bad += 1
      }
      return SIMD2(bad, 0)
    }
    return bad.x == 0
  }
}
