import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// Gaps at the displacement as it stands, exactly turned, and which corners have come over an edge.
  func measure() {
    let (g, x, lanes, blocks) = (model.geometry, x, lanes, blocks)
    chunks.each { range in
      for i in range {
        let b = Int(blocks[i])
        let D = x.pair(i, lanes)
        g.place(
          b, state.centre[b] + Point(D.first[0], D.first[1]), state.angle[b] + D.first[2],
          state.modes, added: D, into: trialCorners, at: Int(cornerStart[i]))
      }
    }
    Chunks(candidates.count, workers: workers, size: 256).each { range in
      for n in range { measure(n) }
    }
    let before = liveCount
    for n in 0..<candidates.count where candidates[n].live < 0 && candidates[n].isOver {
      guard hasCrossed(n), isFacing(n), isEntrance(n) else { continue }
      let c = candidates[n]
      enter(n)
      live[liveCount - 1].base = c.gap - live[liveCount - 1].across
    }
    if liveCount > before { connectSides() }
    for q in held.indices { held[q].moved = product(held[q].i, -1, heldRows, q * lanes, x) }
    for q in bolts.indices {
      bolts[q].stretched = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, x)
    }
    if !island.border.isEmpty { measureBorder() }
  }

  /// Whether a corner that is at no work has come behind the line of its edge. A corner that lay well behind it when
  /// the step began came in elsewhere, if at all: it would be thrown out where it never came in.
  @inline(__always)
  private func hasCrossed(_ n: Int) -> Bool {
    let (c, t) = (candidates[n], overlapTolerance)
    return c.gap < min(max(c.start, -t), c.isCarried ? t : 0)
      && c.start >= -max(t, Self.shallow * model.size)
  }

  @inline(__always)
  private func measure(_ n: Int) {
    let c = candidates[n]
    let p = place(c.corner)
    let from = place(c.from)
    let along = place(c.to) - from
    let length = along.dot(along).squareRoot()
    let t = along / length
    let way = p - from
    let gap = way.x * t.y - way.y * t.x
    let s = way.dot(t)
    candidates[n].isOver = s > -1e-6 * length && s < (1 + 1e-6) * length
    candidates[n].gap = gap
    let near = Self.shallow * model.size
    candidates[n].isNearEnd = s < near || s > length - near
    guard c.live >= 0 else { return }
    // What turning adds to the linear gap; its rounding would be felt by the springs.
    let q = Int(c.live)
    let base = gap - live[q].across
    let noise = 0x1p-50 * (abs(p.x) + abs(p.y) + abs(from.x) + abs(from.y) + length)
    if abs(base - live[q].base) > noise { live[q].base = base }
  }

  /// Forces and states for the gaps and slips measured, and the residual.
  /// - Returns: the residual's size, how many contacts changed their state, by how much a strength lags.
  func respond() -> (residual: Double, changes: Int, unrest: Double) {
    var sums = SIMD2<Double>()
    for (law, own) in members.enumerated() where !own.places.isEmpty {
      // In lots: what the law is asked and answers stays in the cache.
      sums += Chunks(own.places.count, workers: workers, size: 256).sum { lot in
        var batch = InterfaceBatch()
        batch.resize(lot.count)
        ask(own, lot, &batch)
        model.laws[law].strength(&batch)
        return follow(own, lot, batch)
      }
    }
    if sums.x > 0 { isStale = true }
    for q in held.indices {
      held[q].T = held[q].force - held[q].stiffness * (held[q].gap + held[q].moved)
    }
    for q in bolts.indices {
      bolts[q].T = bolts[q].pull(bolts[q].stretched)
    }
    return (findResidual(), Int(sums.x), sums.y.squareRoot())
  }

  /// Normal forces and slips into the batch of a law.
  private func ask(_ own: LawMembers, _ lot: Range<Int>, _ batch: inout InterfaceBatch) {
    let (live, rate) = (live, 1 / dt)
    for (n, k) in lot.enumerated() {
      let q = Int(own.places[k])
      let N = max(live[q].pressure, live[q].floor)
      let slip = abs(live[q].slip)
      live[q].N = N
      batch.normal[n] = N
      batch.length[n] = own.length[k]
      batch.slip[n] = own.slipBefore[k] + slip
      batch.slipRate[n] = slip * rate
      batch.isBonded[n] = live[q].isBonded
      batch.variable[n] = own.variable[k]
    }
  }

  /// Strengths, shear forces and states by what the law has answered.
  /// - Returns: how many contacts changed their state, and the square of what strengths of sliding ones lag.
  private func follow(
    _ own: LawMembers, _ lot: Range<Int>, _ batch: InterfaceBatch
  ) -> SIMD2<Double> {
    var sums = SIMD2<Double>()
    let (live, following, assembly) = (live, following, assembly)
    for (n, k) in lot.enumerated() {
      let q = Int(own.places[k])
      var w = live[q]
      let strength = batch.shearStrength[n]
      let off = strength - w.bound
      w.bound += following * off
      w.ratio = -1
      if !w.isBonded { if w.N > 0 { w.ratio = strength / w.N } }
      if w.state == .sliding { sums.y += (1 - following) * (1 - following) * off * off }
      w.floor = w.isBonded ? -batch.tensileStrength[n] : 0
      let isClosed = w.pressure > w.floor
      let before = w.state
      if w.isBonded {
        (w.T, w.state) = (w.grip, .locked)
      } else if isClosed {
        let free = w.grip
        w.T = min(max(free, -w.bound), w.bound)
        w.state = abs(free) <= w.bound ? .locked : .sliding
      } else {
        (w.T, w.state) = (0, .open)
      }
      let isSame = w.state == before ? isClosed == w.isPressed : false
      if !isSame {
        sums.x += 1
        w.change = assembly
      }
      w.isPressed = isClosed
      live[q] = w
    }
    return sums
  }

  /// R = f + forces of links − A D.
  private func findResidual() -> Double {
    let (x, fixedLoads, residual, rows) = (x, fixedLoads, residual, rows)
    let (live, sides, sideStart, blocks, lanes) = (live, sides, sideStart, blocks, lanes)
    let share = 1 - scheme.alphaForce
    chunks.each { range in
      for i in range {
        var r = fixedLoads.pair(i, lanes) - base.times(.sum, Int(blocks[i]), x.pair(i, lanes))
        for e in Int(sideStart[i])..<Int(sideStart[i + 1]) {
          let (q, side) = (sides[e].contact, sides[e].side)
          if live[q].state == .open { continue }
          let (N, T) = (share * live[q].N, share * live[q].T)
          let row = (4 * q + side) * lanes
          r.first += N * rows[row] + T * rows[row + 2 * lanes]
          if lanes == 2 { r.second += N * rows[row + 1] + T * rows[row + 5] }
        }
        residual.set(i, lanes, r)
      }
    }
    for q in held.indices { pull(held[q].i, -1, heldRows, q * lanes, share * held[q].T) }
    for q in bolts.indices {
      pull(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, -share * bolts[q].T)
    }
    return chunks.sum { range in
      var square = Lanes()
      for l in range.lowerBound * lanes..<range.upperBound * lanes {
        square += residual[l] * residual[l]
      }
      return SIMD2(square.sum(), 0)
    }.x.squareRoot()
  }

  private func pull(_ i: Int32, _ j: Int32, _ r: LaneBuffer, _ start: Int, _ f: Double) {
    if i >= 0 { residual.add(Int(i), lanes, f, r, start) }
    if j >= 0 { residual.add(Int(j), lanes, f, r, start + lanes) }
  }

  /// A corner where its block would be.
  @inline(__always)
  func trial(_ b: Int, _ corner: Int) -> Point {
    local[b] >= 0
      ? trialCorners[Int(cornerStart[Int(local[b])]) + corner]
      : state.corners[model.geometry.firstCorner[b] + corner]
  }

  /// How a contact's gap and slip change with a displacement; its rows begin at `r`.
  @inline(__always)
  func ways(_ i: Int32, _ j: Int32, _ r: Int, _ v: LaneBuffer) -> (across: Double, slip: Double) {
    let (rows, lanes) = (rows, lanes)
    var (n, t) = (Lanes(), Lanes())
    for l in 0..<lanes {
      if i >= 0 {
        let x = v[Int(i) * lanes + l]
        n += rows[r + l] * x
        t += rows[r + 2 * lanes + l] * x
      }
      if j >= 0 {
        let x = v[Int(j) * lanes + l]
        n += rows[r + lanes + l] * x
        t += rows[r + 3 * lanes + l] * x
      }
    }
    return (n.sum(), t.sum())
  }

  /// A row of one or two blocks times a displacement.
  func product(_ i: Int32, _ j: Int32, _ r: LaneBuffer, _ start: Int, _ v: LaneBuffer) -> Double {
    var sum = Lanes()
    for l in 0..<lanes {
      if i >= 0 { sum += r[start + l] * v[Int(i) * lanes + l] }
      if j >= 0 { sum += r[start + lanes + l] * v[Int(j) * lanes + l] }
    }
    return sum.sum()
  }
}
