import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// The matrix of the states as they stand; only rows with a contact that has changed are made anew.
  /// - Returns: whether its diagonal blocks are positive definite.
  func assemble<S: Precision>(into system: BlockSystem<S>) -> Bool {
    let rowStart = system.rowStart
    let (live, rows, sides, sideStart) = (live, rows, sides, sideStart)
    let (blocks, lanes, share) = (blocks, lanes, 1 - scheme.alphaForce)
    let width = model.geometry.unknownCount * lanes
    let isLinked = held.count + bolts.count > 0
    let assembly = assembly
    self.assembly += 1
    system.isFactorised = false
    return chunks.sum { range in
      let (diagonal, off) = (LaneBuffer(width), LaneBuffer(system.longestRow * width))
      var bad = 0.0
      for i in range where assembly == 0 || hasChanged(i, assembly) {
        let first = Int(rowStart[i])
        base.copyMatrix(Int(blocks[i]), to: diagonal, at: 0)
        for k in 0..<(Int(rowStart[i + 1]) - first) * width { off[k] = Lanes() }
        for e in Int(sideStart[i])..<Int(sideStart[i + 1]) {
          let (q, side) = (sides[e].contact, sides[e].side)
          let pn = live[q].isPressed ? share * live[q].pn : 0
          let ps = live[q].state == .locked ? share * live[q].ps : 0
          if pn == 0, ps == 0 { continue }
          let (n, t) = ((4 * q + side) * lanes, (4 * q + 2 + side) * lanes)
          BlockKernels.addOuter(diagonal, 0, rows, n, n, pn, t, t, ps, lanes: lanes)
          let place = Int(sides[e].off) - first
          if place < 0 { continue }
          let (u, v) = ((4 * q + 1 - side) * lanes, (4 * q + 3 - side) * lanes)
          BlockKernels.addOuter(off, place * width, rows, n, u, pn, t, v, ps, lanes: lanes)
        }
        if isLinked { addLinks(i, share, diagonal, off, first) }
        if !system.setRow(i, diagonal, off) { bad += 1 }
      }
      return SIMD2(bad, 0)
    }.x == 0
  }

  /// Whether a spring of block i has changed since the last assembly.
  @inline(__always)
  private func hasChanged(_ i: Int, _ assembly: Int32) -> Bool {
    for e in Int(sideStart[i])..<Int(sideStart[i + 1])
    where live[sides[e].contact].change == assembly { return true }
    return false
  }

  /// Springs of the held points and bolts of block i into its row.
  private func addLinks(
    _ i: Int, _ share: Double, _ diagonal: LaneBuffer, _ off: LaneBuffer, _ first: Int
  ) {
    let width = model.geometry.unknownCount * lanes
    for q in held.indices where Int(held[q].i) == i {
      let (n, p) = (q * lanes, share * held[q].stiffness)
      BlockKernels.addOuter(diagonal, 0, heldRows, n, n, p, n, n, 0, lanes: lanes)
    }
    for q in bolts.indices {
      let p = share * bolts[q].stiffness
      for (side, block) in [bolts[q].i, bolts[q].j].enumerated() where Int(block) == i {
        let (n, u) = ((2 * q + side) * lanes, (2 * q + 1 - side) * lanes)
        BlockKernels.addOuter(diagonal, 0, boltRows, n, n, p, n, n, 0, lanes: lanes)
        let place = Int(island.pattern.bolts[q][side]) - first
        if place < 0 { continue }
        BlockKernels.addOuter(off, place * width, boltRows, n, u, p, n, u, 0, lanes: lanes)
      }
    }
  }

  /// Goes along the solution of the system as far as the convex function of the held strengths falls.
  /// - Returns: whether any contact changes its state on the way.
  func advance() -> Bool {
    let (step, share, residual) = (step, 1 - scheme.alphaForce, residual)
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
    Chunks(liveCount, workers: workers, size: 256).each { range in
      for q in range {
        (live[q].acrossStep, live[q].slipStep) = ways(live[q].i, live[q].j, 4 * q * lanes, step)
      }
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
    let live = live
    return Chunks(liveCount, workers: workers, size: 256).sum { range in
      SIMD2(contactSlope(a, live, range), 0)
    }.x
  }

  @inline(__always)
  private func contactSlope(
    _ a: Double, _ live: Buffer<WorkingContact>, _ range: Range<Int>
  ) -> Double {
    var sum = 0.0
    for q in range {
      let (dn, ds) = (live[q].acrossStep, live[q].slipStep)
      let N = max(live[q].pressure - a * live[q].pn * dn, live[q].floor)
      sum -= (N - live[q].N) * dn
      if live[q].state == .open { if !live[q].isBonded { continue } }
      let free = live[q].grip - a * live[q].ps * ds
      let bound = live[q].isBonded ? Double.infinity : live[q].bound
      sum -= (min(max(free, -bound), bound) - live[q].T) * ds
    }
    return sum
  }
}
