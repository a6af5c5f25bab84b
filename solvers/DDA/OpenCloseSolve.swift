import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// The matrix of the states as they stand, row by row.
  func assemble(into system: BlockSystem) {
    let (diagonal, off, rowStart) = (system.diagonal, system.off, system.rowStart)
    let (live, rows, sides, sideStart) = (live, rows, sides, sideStart)
    let (blocks, lanes, share) = (blocks, lanes, 1 - scheme.alphaForce)
    let width = model.geometry.unknownCount * lanes
    chunks.each { range in
      for i in range {
        base.copyMatrix(Int(blocks[i]), to: diagonal, at: i * width)
        for k in Int(rowStart[i]) * width..<Int(rowStart[i + 1]) * width { off[k] = Lanes() }
        for e in Int(sideStart[i])..<Int(sideStart[i + 1]) {
          let (q, side) = (sides[e].contact, sides[e].side)
          let isClosed = live[q].pressure > live[q].floor
          let pn = isClosed ? share * live[q].pn : 0
          let ps = live[q].state == .locked ? share * live[q].ps : 0
          if pn == 0, ps == 0 { continue }
          let (n, t) = (rows.pair(4 * q + side, lanes), rows.pair(4 * q + 2 + side, lanes))
          BlockKernels.addOuter(diagonal, i * width, n, n, pn, t, t, ps, lanes: lanes)
          let place = Int(sides[e].off)
          if place < 0 { continue }
          let other = 1 - side
          let (u, v) = (rows.pair(4 * q + other, lanes), rows.pair(4 * q + 2 + other, lanes))
          BlockKernels.addOuter(off, place * width, n, u, pn, t, v, ps, lanes: lanes)
        }
      }
    }
    for q in held.indices {
      add(held[q].i, -1, SIMD2(-1, -1), heldRows, q * lanes, share * held[q].stiffness, system)
    }
    for q in bolts.indices {
      add(
        bolts[q].i, bolts[q].j, island.pattern.bolts[q], boltRows, 2 * q * lanes,
        share * bolts[q].stiffness, system)
    }
  }

  /// The residual as right side.
  func setRight(of system: BlockSystem) {
    system.rhs.copy(0..<residual.count, of: residual, at: 0)
  }

  /// Adds p n nᵀ of a link to the matrix; its row has a part in block i and a part in block j behind it.
  private func add(
    _ i: Int32, _ j: Int32, _ place: SIMD2<Int32>, _ rows: LaneBuffer, _ start: Int, _ p: Double,
    _ system: BlockSystem
  ) {
    let width = model.geometry.unknownCount * lanes
    let n = rows.pair(start / lanes, lanes)
    let u = j >= 0 ? rows.pair(start / lanes + 1, lanes) : LanePair()
    func put(_ B: LaneBuffer, _ k: Int32, _ a: LanePair, _ b: LanePair) {
      guard k >= 0 else { return }
      BlockKernels.addOuter(B, Int(k) * width, a, b, p, a, b, 0, lanes: lanes)
    }
    put(system.diagonal, i, n, n)
    put(system.diagonal, j, u, u)
    put(system.off, place.x, n, u)
    put(system.off, place.y, u, n)
  }

  /// Goes along the solution of the system as far as the convex function of the held strengths falls.
  /// - Returns: whether any contact changes its state on the way.
  func advance(along system: BlockSystem) -> Bool {
    let (step, share, residual) = (system.x, 1 - scheme.alphaForce, residual)
    let (lanes, blocks, x, live) = (lanes, blocks, x, live)
    // −R·Δ, and Δ·(A + links that are always at work) Δ.
    let sums = chunks.sum { range in
      var (slope, curvature) = (0.0, 0.0)
      for i in range {
        let d = step.pair(i, lanes)
        curvature += d.dot(base.times(.sum, Int(blocks[i]), d))
        slope -= d.dot(residual.pair(i, lanes))
      }
      return SIMD2(slope, curvature)
    }
    let start = sums.x
    var curvature = sums.y
    for q in 0..<liveCount {
      (live[q].acrossStep, live[q].slipStep) = ways(live[q].i, live[q].j, 4 * q * lanes, step)
    }
    for q in held.indices {
      let d = product(held[q].i, -1, heldRows, q * lanes, step)
      curvature += share * held[q].stiffness * d * d
    }
    for q in bolts.indices {
      let d = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, step)
      curvature += share * bolts[q].stiffness * d * d
    }
    let length = searchLine(start) { start + $0 * curvature + share * contactSlope($0) }
    for i in 0..<x.count { x[i] += length * step[i] }
    return move(by: length)
  }

  /// Moves gaps and slips along; whether any contact changes its state.
  private func move(by length: Double) -> Bool {
    var turns = false
    let live = live
    for q in 0..<liveCount {
      live[q].across += length * live[q].acrossStep
      live[q].slip += length * live[q].slipStep
      let raw = live[q].pressure
      if raw > live[q].floor {
        let isStuck = live[q].forces(raw).isStuck
        if !live[q].isPressed { turns = true }
        if isStuck != (live[q].state == .locked) { turns = true }
      } else if live[q].isPressed {
        turns = true
      }
    }
    return turns
  }

  /// Where the slope, which never falls along the line, is a tenth of what it was, from 0 to 1.
  private func searchLine(_ start: Double, _ slope: (Double) -> Double) -> Double {
    let small = 0.1 * abs(start)
    var high = slope(1)
    guard high > small else { return 1 }
    var (a, b, low) = (0.0, 1.0, start)
    for _ in 0..<40 {
      // Between the false position and the middle: the slope has kinks.
      let c = 0.5 * (a + b) * 0.3 + 0.7 * (a - low * (b - a) / (high - low))
      let s = slope(c)
      if abs(s) <= small { return c }
      if s > 0 { (b, high) = (c, s) } else { (a, low) = (c, s) }
    }
    return max(a, 1e-3)
  }

  /// What contacts add to the slope at a place on the line.
  private func contactSlope(_ a: Double) -> Double {
    var sum = 0.0
    let live = live
    for q in 0..<liveCount {
      let (dn, ds) = (live[q].acrossStep, live[q].slipStep)
      let N = max(live[q].pressure - a * live[q].pn * dn, live[q].floor)
      sum -= (N - live[q].N) * dn
      if live[q].state == .open, !live[q].isBonded { continue }
      let free = live[q].grip - a * live[q].ps * ds
      let bound = live[q].isBonded ? Double.infinity : live[q].bound
      sum -= (min(max(free, -bound), bound) - live[q].T) * ds
    }
    return sum
  }
}
