import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// Gaps, ways along the rows, and which corners have come over an edge, at the displacement as it stands.
  mutating func measure() {
    let g = model.geometry
    for i in blocks.indices {
      let b = Int(blocks[i])
      let D = x.pair(i, lanes)
      g.place(
        b, state.centre[b] + Point(D.first[0], D.first[1]), state.angle[b] + D.first[2],
        state.modes, added: D, into: &trialCorners, at: cornerStart[i])
    }
    let (moving, fixed) = (trialCorners, state.corners)
    @inline(__always)
    func place(_ c: Int32) -> Point { c >= 0 ? moving[Int(c)] : fixed[Int(-1 - c)] }
    for q in working.indices {
      let p = place(working[q].corner)
      let from = place(working[q].from)
      let along = place(working[q].to) - from
      let length = along.length
      let t = along / length
      let gap = (p - from).cross(t)
      let s = (p - from).dot(t)
      working[q].isOver = s > -1e-6 * length && s < (1 + 1e-6) * length
      (working[q].across, working[q].slip) = ways(q, x)
      // What turning adds to the linear gap; its rounding would be felt by the springs.
      let offset = gap - working[q].across - working[q].start
      let noise = 0x1p-50 * (abs(p.x) + abs(p.y) + abs(from.x) + abs(from.y) + length)
      if abs(offset - working[q].offset) > noise { working[q].offset = offset }
      working[q].gap = working[q].start + working[q].across + working[q].offset
    }
    for q in working.indices
    where !working[q].isLive && working[q].isOver && working[q].gap < working[q].rest
      && isEntrance(q)
    {
      working[q].isLive = true
    }
    for q in held.indices { held[q].moved = product(held[q].i, -1, heldRows, q * lanes, x) }
    for q in bolts.indices {
      bolts[q].stretched = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, x)
    }
  }

  /// Forces and states for the gaps and slips measured, and the residual.
  /// - Returns: the residual's size, how many contacts changed their state, by how much a strength lags.
  mutating func respond() -> (residual: Double, changes: Int, unrest: Double) {
    for q in working.indices where working[q].isLive {
      working[q].raw = working[q].normal - working[q].pn * (working[q].gap - working[q].rest)
      working[q].N = max(working[q].raw, working[q].floor)
    }
    let unrest = strengths()
    var changes = 0
    for q in working.indices where working[q].isLive {
      let old = working[q].state
      let isClosed = working[q].raw > working[q].floor
      if working[q].isBonded {
        working[q].T = working[q].shear - working[q].ps * working[q].slip
        working[q].state = .locked
      } else if isClosed {
        let free = working[q].shear - working[q].ps * working[q].slip
        let bound = working[q].bound
        working[q].T = min(max(free, -bound), bound)
        working[q].state = abs(free) <= bound ? .locked : .sliding
      } else {
        (working[q].T, working[q].state) = (0, .open)
      }
      if working[q].state != old || isClosed != working[q].isPressed { changes += 1 }
      working[q].isPressed = isClosed
    }
    isStale = isStale || changes > 0
    for q in held.indices {
      held[q].T = held[q].force - held[q].stiffness * (held[q].gap + held[q].moved)
    }
    for q in bolts.indices {
      bolts[q].T = bolts[q].tension + bolts[q].stiffness * bolts[q].stretched
    }
    return (findResidual(), changes, unrest)
  }

  /// R = f + forces of links − A D.
  private mutating func findResidual() -> Double {
    for i in blocks.indices {
      residual.set(
        i, lanes,
        fixedLoads.pair(i, lanes) - base.times(.sum, Int(blocks[i]), x.pair(i, lanes)))
    }
    let share = 1 - scheme.alphaForce
    for q in working.indices where working[q].state != .open && working[q].isLive {
      let (N, T) = (share * working[q].N, share * working[q].T)
      let (i, j) = (Int(working[q].i), Int(working[q].j))
      let r = 4 * q * lanes
      for l in 0..<lanes {
        if i >= 0 {
          residual[i * lanes + l] += N * rows[r + l] + T * rows[r + 2 * lanes + l]
        }
        if j >= 0 {
          residual[j * lanes + l] += N * rows[r + lanes + l] + T * rows[r + 3 * lanes + l]
        }
      }
    }
    for q in held.indices { pull(held[q].i, -1, heldRows, q * lanes, share * held[q].T) }
    for q in bolts.indices {
      pull(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, -share * bolts[q].T)
    }
    var square = Lanes()
    for i in residual.indices { square += residual[i] * residual[i] }
    return square.sum().squareRoot()
  }

  private mutating func pull(_ i: Int32, _ j: Int32, _ r: [Lanes], _ start: Int, _ f: Double) {
    for l in 0..<lanes {
      if i >= 0 { residual[Int(i) * lanes + l] += f * r[start + l] }
      if j >= 0 { residual[Int(j) * lanes + l] += f * r[start + lanes + l] }
    }
  }

  /// A corner where its block would be.
  @inline(__always)
  func trial(_ b: Int, _ corner: Int) -> Point {
    local[b] >= 0
      ? trialCorners[cornerStart[Int(local[b])] + corner]
      : state.corners[model.geometry.firstCorner[b] + corner]
  }

  /// How a contact's gap and slip change with a displacement.
  @inline(__always)
  func ways(_ q: Int, _ v: [Lanes]) -> (across: Double, slip: Double) {
    let (i, j) = (Int(working[q].i), Int(working[q].j))
    let r = 4 * q * lanes
    var (n, t) = (Lanes(), Lanes())
    for l in 0..<lanes {
      if i >= 0 {
        n += rows[r + l] * v[i * lanes + l]
        t += rows[r + 2 * lanes + l] * v[i * lanes + l]
      }
      if j >= 0 {
        n += rows[r + lanes + l] * v[j * lanes + l]
        t += rows[r + 3 * lanes + l] * v[j * lanes + l]
      }
    }
    return (n.sum(), t.sum())
  }

  /// A row of one or two blocks times a displacement.
  func product(_ i: Int32, _ j: Int32, _ r: [Lanes], _ start: Int, _ v: [Lanes]) -> Double {
    var sum = Lanes()
    for l in 0..<lanes {
      if i >= 0 { sum += r[start + l] * v[Int(i) * lanes + l] }
      if j >= 0 { sum += r[start + lanes + l] * v[Int(j) * lanes + l] }
    }
    return sum.sum()
  }

  /// Strengths at the normal forces found, law by law; how far any was off.
  private mutating func strengths() -> Double {
    var unrest = 0.0
    for law in model.laws.indices {
      var count = 0
      for q in working.indices where Int(working[q].law) == law && working[q].isLive { count += 1 }
      guard count > 0 else { continue }
      batch.resize(count)
      var n = 0
      for q in working.indices where Int(working[q].law) == law && working[q].isLive {
        batch.normal[n] = working[q].N
        batch.length[n] = working[q].length
        batch.slip[n] = working[q].before.slip + abs(working[q].slip)
        batch.slipRate[n] = abs(working[q].slip) / dt
        batch.isBonded[n] = working[q].isBonded
        batch.variable[n] = working[q].before.variable
        n += 1
      }
      model.laws[law].strength(&batch)
      n = 0
      for q in working.indices where Int(working[q].law) == law && working[q].isLive {
        let off = batch.shearStrength[n] - working[q].bound
        working[q].bound += following * off
        let isProportional = !working[q].isBonded && working[q].N > 0
        working[q].ratio = isProportional ? batch.shearStrength[n] / working[q].N : -1
        if working[q].state == .sliding { unrest = max(unrest, (1 - following) * abs(off)) }
        working[q].floor = working[q].isBonded ? -batch.tensileStrength[n] : 0
        n += 1
      }
    }
    return unrest
  }
}
