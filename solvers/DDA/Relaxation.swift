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
  func relax(enough: Double) {
    let width = model.geometry.unknownCount * lanes
    let (matrix, kept) = (LaneBuffer(width), LaneBuffer(width))
    let share = 1 - scheme.alphaForce
    isDownwards.toggle()
    let (count, isDownwards) = (count, isDownwards)
    for k in 0..<count {
      relax(isDownwards ? count - 1 - k : k, matrix, kept, share, enough * enough)
    }
  }

  private func relax(
    _ i: Int, _ matrix: LaneBuffer, _ kept: LaneBuffer, _ share: Double, _ enough: Double
  ) {
    let b = Int(blocks[i])
    let (live, rows, sides, lanes) = (live, rows, sides, lanes)
    let D = x.pair(i, lanes)
    var r = fixedLoads.pair(i, lanes) - base.times(.sum, b, D)
    let range = Int(sideStart[i])..<Int(sideStart[i + 1])
    for e in range {
      let (q, side) = (sides[e].contact, sides[e].side)
      let raw = live[q].pressure
      live[q].wasClosed = raw > live[q].floor
      if raw <= live[q].floor { continue }
      let (N, T, isStuck) = live[q].forces(raw)
      live[q].wasStuck = isStuck
      let row = (4 * q + side) * lanes
      let (n, t) = (share * N, share * T)
      r.first += n * rows[row] + t * rows[row + 2 * lanes]
      if lanes == 2 { r.second += n * rows[row + 1] + t * rows[row + 5] }
    }
    let isLinked = held.count + bolts.count > 0
    if !isLinked, r.dot(r) <= enough { return }
    base.copyMatrix(b, to: matrix, at: 0)
    for e in range where live[sides[e].contact].wasClosed {
      let q = sides[e].contact
      addSprings(q, sides[e].side, share, live[q].wasStuck, matrix)
    }
    if isLinked { addLinks(i, share, &r, matrix) }
    guard r.dot(r) > 0, let step = solveLocally(r, matrix, kept, share, range) else { return }
    x.set(i, lanes, D + step)
    for e in range {
      let q = sides[e].contact
      let (n, t) = localWays(q, sides[e].side, step)
      live[q].across += n
      live[q].slip += t
    }
  }

  /// The block's own displacement; contacts that it closes are added and it is found again.
  @inline(__always)
  private func solveLocally(
    _ r: LanePair, _ matrix: LaneBuffer, _ kept: LaneBuffer, _ share: Double, _ range: Range<Int>
  ) -> LanePair? {
    kept.copy(0..<matrix.count, of: matrix, at: 0)
    guard var step = BlockKernels.solve(matrix, r, lanes: lanes) else { return nil }
    var closes = false
    let (live, sides) = (live, sides)
    for e in range where !live[sides[e].contact].wasClosed {
      let (q, side) = (sides[e].contact, sides[e].side)
      let raw = live[q].pressure - live[q].pn * localWays(q, side, step).across
      if raw <= live[q].floor { continue }
      closes = true
      addSprings(q, side, share, false, kept)
    }
    if closes {
      guard let again = BlockKernels.solve(kept, r, lanes: lanes) else { return nil }
      step = again
    }
    return step
  }

  @inline(__always)
  private func addSprings(
    _ q: Int, _ side: Int, _ share: Double, _ isStuck: Bool, _ matrix: LaneBuffer
  ) {
    let (n, t) = ((4 * q + side) * lanes, (4 * q + 2 + side) * lanes)
    BlockKernels.addOuter(
      matrix, 0, rows, n, n, share * live[q].pn, t, t, isStuck ? share * live[q].ps : 0,
      lanes: lanes)
  }

  /// Forces and springs of held points and bolts of a block.
  private func addLinks(_ i: Int, _ share: Double, _ r: inout LanePair, _ matrix: LaneBuffer) {
    func add(_ rows: LaneBuffer, _ row: Int, _ f: Double, _ p: Double) {
      let n = row * lanes
      r += f * rows.pair(row, lanes)
      BlockKernels.addOuter(matrix, 0, rows, n, n, p, n, n, 0, lanes: lanes)
    }
    for q in held.indices where Int(held[q].i) == i {
      let moved = product(held[q].i, -1, heldRows, q * lanes, x)
      let T = held[q].force - held[q].stiffness * (held[q].gap + moved)
      add(heldRows, q, share * T, share * held[q].stiffness)
    }
    for q in bolts.indices where Int(bolts[q].i) == i || Int(bolts[q].j) == i {
      let stretched = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, x)
      let T = bolts[q].pull(stretched)
      let side = Int(bolts[q].i) == i ? 0 : 1
      add(boltRows, 2 * q + side, -share * T, share * bolts[q].stiffness)
    }
  }

  @inline(__always)
  private func localWays(_ q: Int, _ side: Int, _ step: LanePair) -> (across: Double, slip: Double)
  {
    (rows.pair(4 * q + side, lanes).dot(step), rows.pair(4 * q + 2 + side, lanes).dot(step))
  }
}
