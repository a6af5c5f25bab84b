import Contact
import Glibc
import Mechanics

/// Nonlinear block Gauss–Seidel: one block after another is brought to rest against its neighbours as they stand.
///
/// Which joints are open and which slide is mostly a local question; sweeps over the blocks answer it at a fraction of a
/// global solution's cost, and the global one is left with what travels far. Together they are the truncated
/// nonsmooth Newton method of Gräser & Kornhuber (J. Comput. Math. 27 (2009)). Strengths of friction follow the normal
/// force at once. A contact that closes on the way is met by its spring in a second solution.
extension IslandStep {
  /// One sweep over all blocks, upwards and downwards in turn; blocks out of balance by less than `enough` N are
  /// passed.
  mutating func relax(enough: Double) {
    let width = model.geometry.unknownCount * lanes
    let (matrix, kept) = (LaneBuffer(width), LaneBuffer(width))
    let share = 1 - scheme.alphaForce
    isDownwards.toggle()
    for k in blocks.indices {
      let i = isDownwards ? blocks.count - 1 - k : k
      relax(i, matrix, kept, share, enough * enough)
    }
  }

  private mutating func relax(
    _ i: Int, _ matrix: LaneBuffer, _ kept: LaneBuffer, _ share: Double, _ enough: Double
  ) {
    let b = Int(blocks[i])
    let D = x.pair(i, lanes)
    var r = fixedLoads.pair(i, lanes) - base.times(.sum, b, D)
    let range = Int(contactStart[i])..<Int(contactStart[i + 1])
    for e in range {
      let (q, side) = (Int(contactSides[e] >> 1), Int(contactSides[e] & 1))
      guard working[q].isLive else { continue }
      let raw = working[q].pressure
      working[q].wasClosed = raw > working[q].floor
      guard raw > working[q].floor else { continue }
      let (N, T, isStuck) = working[q].forces(raw)
      working[q].wasStuck = isStuck
      let row = (4 * q + side) * lanes
      let (n, t) = (share * N, share * T)
      r.first += n * rows[row]
      r.first += t * rows[row + 2 * lanes]
      if lanes == 2 {
        r.second += n * rows[row + 1]
        r.second += t * rows[row + 5]
      }
    }
    // No `||` here: its closure would copy all of `self`.
    if held.count + bolts.count == 0 { guard r.dot(r) > enough else { return } }
    base.copyMatrix(b, to: matrix.base)
    for e in range {
      let (q, side) = (Int(contactSides[e] >> 1), Int(contactSides[e] & 1))
      guard working[q].isLive, working[q].wasClosed else { continue }
      addSprings(q, (4 * q + side) * lanes, share, working[q].wasStuck, matrix)
    }
    for q in held.indices where Int(held[q].i) == i {
      let moved = product(held[q].i, -1, heldRows, q * lanes, x)
      let T = held[q].force - held[q].stiffness * (held[q].gap + moved)
      addLink(heldRows, q * lanes, share * T, share * held[q].stiffness, &r, matrix)
    }
    for q in bolts.indices {
      if Int(bolts[q].i) != i { if Int(bolts[q].j) != i { continue } }
      let stretched = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, x)
      let T = bolts[q].tension + bolts[q].stiffness * stretched
      let row = (2 * q + (Int(bolts[q].i) == i ? 0 : 1)) * lanes
      addLink(boltRows, row, -share * T, share * bolts[q].stiffness, &r, matrix)
    }
    guard r.dot(r) > 0, let step = solveLocally(b, r, matrix, kept, share, range) else { return }
    x.set(i, lanes, D + step)
    for e in range {
      let (q, side) = (Int(contactSides[e] >> 1), Int(contactSides[e] & 1))
      let (n, t) = localWays(q, side, step)
      working[q].across += n
      working[q].slip += t
    }
  }

  /// The block's own displacement; contacts that it closes are added and it is found again.
  private mutating func solveLocally(
    _ b: Int, _ r: LanePair, _ matrix: LaneBuffer, _ kept: LaneBuffer, _ share: Double,
    _ range: Range<Int>
  ) -> LanePair? {
    let width = model.geometry.unknownCount * lanes
    kept.base.update(from: matrix.base, count: width)
    guard var step = BlockKernels.solve(matrix.base, r, lanes: lanes) else { return nil }
    var closes = false
    for e in range {
      let (q, side) = (Int(contactSides[e] >> 1), Int(contactSides[e] & 1))
      guard working[q].isLive, !working[q].wasClosed else { continue }
      let raw = working[q].pressure - working[q].pn * localWays(q, side, step).across
      guard raw > working[q].floor else { continue }
      closes = true
      addSprings(q, 4 * q * lanes + side * lanes, share, false, kept)
    }
    if closes {
      guard let again = BlockKernels.solve(kept.base, r, lanes: lanes) else { return nil }
      step = again
    }
    return step
  }

  @inline(__always)
  private func addSprings(
    _ q: Int, _ row: Int, _ share: Double, _ isStuck: Bool, _ matrix: LaneBuffer
  ) {
    rows.withUnsafeBufferPointer {
      let n = $0.baseAddress! + row
      let t = n + 2 * lanes
      BlockKernels.addOuter(
        matrix.base, n, n, share * working[q].pn, t, t, isStuck ? share * working[q].ps : 0,
        lanes: lanes)
    }
  }

  private func addLink(
    _ rows: [Lanes], _ row: Int, _ f: Double, _ p: Double, _ r: inout LanePair,
    _ matrix: LaneBuffer
  ) {
    r.first += f * rows[row]
    if lanes == 2 { r.second += f * rows[row + 1] }
    rows.withUnsafeBufferPointer {
      let n = $0.baseAddress! + row
      BlockKernels.addOuter(matrix.base, n, n, p, n, n, 0, lanes: lanes)
    }
  }

  @inline(__always)
  private func localWays(_ q: Int, _ side: Int, _ step: LanePair) -> (across: Double, slip: Double)
  {
    let row = (4 * q + side) * lanes
    if lanes == 1 {
      return ((rows[row] * step.first).sum(), (rows[row + 2] * step.first).sum())
    }
    return (
      (rows[row] * step.first + rows[row + 1] * step.second).sum(),
      (rows[row + 4] * step.first + rows[row + 5] * step.second).sum()
    )
  }
}
